// How the browser client is used, for the compiler: each line that must not compile is marked as such.

import { LiveClient, type LiveEvent, type LiveState } from "../../../../realtime/static/stockwire/client.js";

interface StockReduced {
  product_id: string;
  stock: number;
}

const stocks = new Map<string, number>();

const client = new LiveClient({
  url: "wss://shop.example/ws",
  topics: ["products", "stock"],
  token: async () => "j.w.t",
  snapshot: async () => (await fetch("/products")).headers.get("x-event-cursor"),
  onEvent(event: LiveEvent) {
    if (event.type !== "stock.reduced") return;
    const { product_id, stock } = (event as LiveEvent<StockReduced>).data;
    stocks.set(product_id, stock);
  },
  onState(now: LiveState) {
    if (now.state === "waiting") new Date(now.retryAt);
    if (now.state === "stopped") now.reason.toFixed();
  },
  onLost: ({ reason, topics }) => [reason === "expired", topics.length],
  onRefused: (refused) => refused.map(({ topic, code }) => topic + code),
});

client.start();
client.subscribe("order:ord_1", { cursor: client.cursor });
client.unsubscribe(["stock"]);
const role: Promise<string | undefined> = client.authenticate("fresh").then((user) => user?.role);
client.retry();
client.stop();
void role;

new LiveClient();
// @ts-expect-error  topics are a list
new LiveClient({ topics: "stock" });
// @ts-expect-error  there is no such option
new LiveClient({ onMessage: () => {} });
// @ts-expect-error  only the server moves the place
client.cursor = "elsewhere";
// @ts-expect-error  an event's version is a number, or null
client.state.version;
