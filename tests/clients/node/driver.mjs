// Real clients, driven by whoever writes to stdin: `tests/clients/node_client.py`.
//
// A command is one JSON object a line, {"id", "do", "client", …}, and is answered by {"id", "value"} or
// {"id", "error"}. Whatever happens to a client is reported when it happens: {"client", "saw", …}.
// Buffers travel as {"$binary": base64}, in both directions.

import { createRequire } from "node:module";
import process from "node:process";
import readline from "node:readline";

const require = createRequire(import.meta.url);
const sockets = new Map();
const streams = new Map();

const commands = { connect, open, emit, emitWithAck, offer, setAuth, reconnect, disconnect, closeEngine, cut, state, listen, forget };

function say(line) {
  process.stdout.write(JSON.stringify(line, (_key, value) => packed(value)) + "\n");
}

// JSON.stringify has called `toJSON` of Buffers already.
function packed(value) {
  if (value instanceof ArrayBuffer) return { $binary: Buffer.from(value).toString("base64") };
  if (value?.type === "Buffer" && Array.isArray(value.data)) return { $binary: Buffer.from(value.data).toString("base64") };
  return value;
}

function unpacked(key, value) {
  return typeof value?.$binary === "string" ? Buffer.from(value.$binary, "base64") : value;
}

function found(command) {
  const socket = sockets.get(command.client);
  if (socket === undefined) throw new Error(`there is no client ${command.client}`);
  return socket;
}

// ---------------------------------------------------------------------------------------------- Socket.IO

// Its own manager for each: what happens to one connection is nobody else's.
function connect({ client, version, url, options }) {
  const { io } = require(`socket.io-client-${version}`);
  const socket = io(url, { ...options, forceNew: true });
  sockets.set(client, socket);
  const report = (saw, what = {}) => say({ client, saw, ...what });
  watchManager(socket.io, report);
  socket.on("connect", () => report("connect", { sid: socket.id, recovered: socket.recovered === true, transport: transportOf(socket) }));
  socket.on("connect_error", (error) => report("connect_error", { message: error.message, data: error.data ?? null }));
  socket.on("disconnect", (reason) => report("disconnect", { reason }));
  socket.onAny((name, ...args) => report("event", { name, args }));
  return null;
}

function watchManager(manager, report) {
  manager.on("reconnect_attempt", (attempt) => report("reconnect_attempt", { attempt }));
  manager.on("open", () => {
    // Where the open connection changes its transport; each attempt has an engine of its own.
    manager.engine.on("upgrade", (transport) => report("upgrade", { transport: transport.name }));
  });
}

function transportOf(socket) {
  return socket.io.engine?.transport?.name ?? "";
}

// A further namespace over the connection that is there.
function open({ client, over, namespace }) {
  const socket = found({ client: over }).io.socket(namespace);
  sockets.set(client, socket);
  socket.on("connect", () => say({ client, saw: "connect", sid: socket.id, recovered: false, transport: transportOf(socket) }));
  socket.on("connect_error", (error) => say({ client, saw: "connect_error", message: error.message, data: error.data ?? null }));
  return null;
}

function emit(command) {
  const socket = found(command);
  const [name, ...args] = command.args;
  (command.volatile ? socket.volatile : socket).emit(name, ...args);
  return null;
}

// `timeout`: the socket's own, and the answer is {"error"} or {"args"}. `promise`: by `emitWithAck`.
function emitWithAck(command) {
  const socket = found(command);
  const [name, ...args] = command.args;
  const sender = command.timeout === undefined ? socket : socket.timeout(command.timeout);
  if (command.promise) {
    return sender.emitWithAck(name, ...args).then((answer) => ({ args: [answer] }), (error) => ({ error: error.message }));
  }
  return new Promise((resolve) => {
    const retries = socket._opts?.retries !== undefined;
    const errorFirst = command.timeout !== undefined || retries;
    sender.emit(name, ...args, (...answer) => {
      const error = errorFirst ? answer.shift() : null;
      resolve(error ? { error: error.message } : { args: answer });
    });
  });
}

// Emit for an acknowledgement that is reported, so that others can be asked for meanwhile.
function offer(command) {
  const socket = found(command);
  const [name, ...args] = command.args;
  socket.emit(name, ...args, (...answer) => say({ client: command.client, saw: "ack", token: command.token, args: answer }));
  return null;
}

function setAuth(command) {
  found(command).auth = command.auth;
  return null;
}

function reconnect(command) {
  found(command).connect();
  return null;
}

function disconnect(command) {
  found(command).disconnect();
  return null;
}

// What the documentation advises for trying out a loss of connection.
function closeEngine(command) {
  found(command).io.engine.close();
  return null;
}

// The wire is gone, and nobody has said goodbye. A WebSocket only: polls have a wire only while they run.
function cut(command) {
  found(command).io.engine.transport.ws._socket.destroy();
  return null;
}

function state(command) {
  const socket = found(command);
  return { sid: socket.id ?? null, connected: socket.connected, recovered: socket.recovered === true, active: socket.active, transport: transportOf(socket) };
}

// ---------------------------------------------------------------------------------------------- server-sent events

// `types`: an EventSource hears only the types that it was told of.
function listen({ client, url, headers, types }) {
  const { EventSource } = require("eventsource");
  const source = new EventSource(url, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
  });
  streams.set(client, source);
  source.onopen = () => say({ client, saw: "connect", sid: "", recovered: false, transport: "sse" });
  source.onerror = (event) => say({ client, saw: "disconnect", reason: event.message ?? "", code: event.code ?? null, closed: source.readyState === 2 });
  for (const type of types) {
    source.addEventListener(type, (event) => say({ client, saw: "event", name: type, args: [JSON.parse(event.data), event.lastEventId] }));
  }
  return null;
}

// ---------------------------------------------------------------------------------------------- the end

function forget({ client }) {
  sockets.get(client)?.offAny();
  sockets.get(client)?.off();
  sockets.get(client)?.io.off();
  sockets.get(client)?.disconnect();
  sockets.get(client)?.io.engine?.close();
  sockets.delete(client);
  streams.get(client)?.close();
  streams.delete(client);
  return null;
}

process.on("uncaughtException", (error) => say({ client: null, saw: "crash", message: error.stack }));
process.on("unhandledRejection", (error) => say({ client: null, saw: "crash", message: String(error?.stack ?? error) }));

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const command = JSON.parse(line, unpacked);
  try {
    say({ id: command.id, value: (await commands[command.do](command)) ?? null });
  } catch (error) {
    say({ id: command.id, error: error.message });
  }
});
lines.on("close", () => process.exit(0));
