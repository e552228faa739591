// Types of client.js. What `data` holds, by the event's type, is in /api/asyncapi.

export interface LiveEvent<Data = Record<string, any>> {
  /** The same however often the event is delivered; the client passes on each once. */
  id: string;
  type: string;
  data: Data;
  timestamp: string;
  /** Its place in the log; an ephemeral event has none. */
  cursor?: string;
  /** Grows with each change of what the event is about. */
  version: number | null;
}

export type LiveState =
  | { state: "idle" | "loading" | "connecting" | "live"; retryAt: null; reason: null }
  /** `retryAt` in milliseconds, as `Date.now()`; `reason` where the caller's own functions have failed. */
  | { state: "waiting"; retryAt: number; reason: unknown }
  /** `reason` is the close code, from 3500 to 3999. */
  | { state: "stopped"; retryAt: null; reason: number };

export interface Lost {
  reason: "expired" | "epoch_changed" | "too_many" | "malformed";
  topics: string[];
}

export interface Refused {
  topic: string;
  code: string;
}

export interface User {
  id: string;
  role: string;
}

export interface LiveClientOptions {
  /** `products` where nothing is said. */
  topics?: string[];
  /** Fetches the caller's state, and gives the `X-Event-Cursor` of the answer. */
  snapshot?: (() => Promise<string | null>) | null;
  /** Where to begin, without a snapshot; now, where that is null too. */
  cursor?: string | null;
  token?: string | (() => string | null | Promise<string | null>) | null;
  onEvent?: (event: LiveEvent) => void;
  onState?: (state: LiveState) => void;
  /** What time it is on the server, at each connection. */
  onClock?: (milliseconds: number) => void;
  /** Events were missed that can't be had any more. With a snapshot, it is fetched next. */
  onLost?: (lost: Lost) => void;
  onRefused?: (refused: Refused[]) => void;
  onError?: (error: { code: string; message: string }) => void;
  url?: string | URL;
  WebSocket?: new (address: string, protocols: string[]) => unknown;
  random?: () => number;
  window?: unknown;
}

export class LiveClient {
  constructor(options?: LiveClientOptions);
  readonly state: LiveState;
  readonly cursor: string | null;
  readonly topics: string[];
  start(): void;
  stop(): void;
  /** Try at once, whatever the state. */
  retry(): void;
  subscribe(topics: string | string[], options?: { cursor?: string | null }): void;
  unsubscribe(topics: string | string[]): void;
  /** Null: there is no connection just now, and the next one will use it. */
  authenticate(token: string): Promise<User | null>;
}
