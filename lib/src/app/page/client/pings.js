// Pings over a data channel, one each second: `ping N` comes back as `pong N`.

import { Samples } from "./samples.js";

const every = 1000; // ms
const patience = 30000; // ms; what is not back by then is given up
const kept = 100;

export class Pings {
  // @param changed   called with this object after each ping and each pong
  // @param problem   called with words
  constructor(channel, changed, problem) {
    Object.assign(this, { channel, changed, problem });
    this.times = new Samples(kept);
    this.sent = 0;
    this.begun = null;
    this.waiting = new Map(); // by what a ping said: on a channel that loses and reorders an answer may belong to any of them
    this.timer = 0;
    channel.addEventListener("message", (event) => this.#pong(event.data));
  }

  start() {
    this.#ping();
    this.timer = setInterval(() => this.#ping(), every);
  }

  stop() {
    clearInterval(this.timer);
  }

  #ping() {
    const now = performance.now();
    this.begun ??= now;
    const name = String(Math.round(now - this.begun));
    for (const [old, sent] of this.waiting) if (now - sent > patience) this.waiting.delete(old);
    this.waiting.set(name, performance.now());
    try {
      this.channel.send(`ping ${name}`);
      this.sent += 1;
    } catch (error) {
      this.waiting.delete(name);
      this.problem(`a ping could not be sent: ${error.message}`);
    }
    this.changed(this);
  }

  #pong(data) {
    const came = performance.now();
    if (typeof data !== "string" || !data.startsWith("pong ")) return;
    const name = data.slice(5);
    const sent = this.waiting.get(name);
    if (sent === undefined) return;
    this.waiting.delete(name);
    this.times.add(came - sent);
    this.changed(this);
  }
}
