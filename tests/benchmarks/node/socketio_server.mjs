// A server to compare with: the npm package `socket.io` with its Redis adapter, set up as its own documentation says.
// Everybody is put into one room, and an event is emitted to that room in the process that has the connections, as a
// shop's server does: the adapter delivers it here and publishes it to Redis, for the other processes.

import { createServer } from "node:http";
import process from "node:process";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { MOST_UNSENT, obey } from "./sender.mjs";

const ROOM = "storefront";
// Either a socket's path or a URL, as the benchmark was given it.
const redis = JSON.parse(process.argv[4]);
const port = Number(process.argv[2]);

const publisher = createClient(redis);
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, subscriber) });
io.on("connection", (socket) => socket.join(ROOM));

function send([name, ...rest]) {
  io.to(ROOM).emit(name, ...rest);
}

// A transport that is not writable has packets of unknown size waiting in front of it.
const PACKET = 200;
function keepsUp() {
  for (const { conn } of io.sockets.sockets.values()) {
    const unsent = conn.writeBuffer.length * PACKET + (conn.transport.socket?.bufferedAmount ?? 0);
    if (unsent > MOST_UNSENT) return false;
  }
  return true;
}

http.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => obey({ send, keepsUp }));
