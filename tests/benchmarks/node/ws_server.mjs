// A server to compare with: the npm package `ws`, used as its own documentation says a broadcast is written.
// It has no log, no database, no resume, no rights: what it does is what any broadcaster must do.

import process from "node:process";
import { WebSocketServer } from "ws";
import { MOST_UNSENT, obey } from "./sender.mjs";

const port = Number(process.argv[2]);
const server = new WebSocketServer({ port, host: "127.0.0.1", perMessageDeflate: false, backlog: 4096 });

// An event is encoded once, then sent to everybody. The same text as that of the Socket.IO servers.
function send(event) {
  const encoded = Buffer.from(`42${JSON.stringify(event)}`);
  for (const client of server.clients) client.send(encoded, { binary: false });
}

function keepsUp() {
  for (const client of server.clients) if (client.bufferedAmount > MOST_UNSENT) return false;
  return true;
}

server.on("listening", () => obey({ send, keepsUp }));
