// What a peer connection counts (W3C webrtc-stats), as rates and in one place. What a browser does not count is undefined.

export class Stats {
  constructor(pc) {
    this.pc = pc;
    this.before = new Map(); // by id, what the last report had
  }

  // @return { video: { sent, returned }, audio: { sent, returned }, path }; times in ms, bit rates in bit/s
  async read() {
    const report = await this.pc.getStats();
    const out = { video: { sent: {}, returned: {} }, audio: { sent: {}, returned: {} }, path: pathOf(report) };
    for (const stat of report.values()) {
      const kind = out[stat.kind];
      if (!kind) continue;
      if (stat.type === "outbound-rtp") {
        kind.sent = {
          ...this.#common(stat, report),
          bitRate: this.#rate(stat, "bytesSent", 8),
          frameRate: this.#rate(stat, "framesEncoded"),
          lost: remoteOf(stat, report)?.packetsLost,
          target: stat.targetBitrate,
          limitedBy: stat.qualityLimitationReason,
        };
      } else if (stat.type === "inbound-rtp") {
        kind.returned = {
          ...this.#common(stat, report),
          bitRate: this.#rate(stat, "bytesReceived", 8),
          frameRate: this.#rate(stat, "framesDecoded"),
          frames: stat.framesDecoded,
          lost: stat.packetsLost,
          freezes: stat.freezeCount,
        };
      }
    }
    this.before = new Map([...report.values()].map((stat) => [stat.id, stat]));
    return out;
  }

  #common(stat, report) {
    return { codec: report.get(stat.codecId)?.mimeType, width: stat.frameWidth, height: stat.frameHeight };
  }

  // How fast a counter goes up, per second; undefined at first.
  #rate(stat, counter, times = 1) {
    const before = this.before.get(stat.id);
    const passed = before ? stat.timestamp - before.timestamp : 0;
    if (!(passed > 0) || stat[counter] === undefined || before[counter] === undefined) return undefined;
    return ((stat[counter] - before[counter]) * times * 1000) / passed;
  }
}

// The report of the other side about what is sent.
function remoteOf(stat, report) {
  if (stat.remoteId) return report.get(stat.remoteId);
  return [...report.values()].find((other) => other.type === "remote-inbound-rtp" && other.localId === stat.id);
}

function pathOf(report) {
  const all = [...report.values()];
  const chosen = all.find((stat) => stat.type === "transport")?.selectedCandidatePairId;
  // Firefox marks the pair itself.
  const pair = report.get(chosen) ?? all.find((stat) => stat.type === "candidate-pair" && (stat.selected || (stat.nominated && stat.state === "succeeded")));
  const seconds = pair?.currentRoundTripTime;
  return { roundTrip: seconds === undefined ? undefined : seconds * 1000, available: pair?.availableOutgoingBitrate };
}
