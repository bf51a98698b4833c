// One call: a peer connection with a data channel, and with the tracks that it is given.

import { offerOnly } from "./codecs.js";
import { ask, gathered } from "./signalling.js";

const longestConnecting = 30000; // ms from the offer: a browser that has found no address of its own never gives up by itself

const noWay = "No way to the server was found: is its UDP port reachable from here?";

export class Call {
  // @param tell  what happens, as calls of: changed(): some state did; offered(sdp), answered(sdp); opened(): the data channel is; came(track):
  //              the server sends it; log(words); ended(words, isProblem): once
  // Throws what RTCPeerConnection does.
  constructor(iceServers, channelOptions, tell) {
    this.tell = tell;
    this.pc = new RTCPeerConnection({ iceServers });
    this.channel = this.pc.createDataChannel("chat", channelOptions);
    this.transceivers = {}; // by kind: what is sent
    this.limit = 0;
    this.open = false;
    this.over = false;
    for (const event of ["icegatheringstatechange", "iceconnectionstatechange", "signalingstatechange"])
      this.pc.addEventListener(event, () => tell.changed());
    this.pc.addEventListener("connectionstatechange", () => this.#connectionChanged());
    this.pc.addEventListener("track", ({ track }) => {
      if (!this.over) tell.came(track);
    });
    this.channel.addEventListener("open", () => {
      this.open = true;
      clearTimeout(this.limit);
      tell.changed();
      tell.log("data channel open");
      tell.opened();
    });
    this.channel.addEventListener("close", () => {
      tell.changed();
      this.end("the server has hung up");
    });
  }

  // Nothing comes, for now or for ever.
  get interrupted() {
    return this.pc.connectionState === "disconnected";
  }

  add(track) {
    this.transceivers[track.kind] = this.pc.addTransceiver(track, { direction: "sendrecv" });
  }

  // @param codec  of the video, as a MIME type; empty for whichever the two like best
  // Returns when the answer was taken, or the call has ended meanwhile. Throws Error with words.
  async begin(codec, transform) {
    const { video } = this.transceivers;
    if (video && codec) offerOnly(video, codec);
    this.limit = setTimeout(() => this.end(noWay, true), longestConnecting);
    await this.pc.setLocalDescription(await this.pc.createOffer());
    await gathered(this.pc);
    if (this.over) return;
    const offer = this.pc.localDescription;
    this.tell.offered(offer.sdp);
    const answer = await ask(offer, video ? transform : undefined);
    if (this.over) return;
    this.tell.answered(answer.sdp);
    await this.pc.setRemoteDescription(answer);
    if (this.over) return;
    await keepResolution(video?.sender);
  }

  // What the two sides have agreed on: "sendrecv", "sendonly" (nothing comes back), "inactive", "stopped"; null where nothing was offered.
  direction(kind) {
    const transceiver = this.transceivers[kind];
    return transceiver ? (transceiver.currentDirection ?? "stopped") : null;
  }

  // @param problem  whether that is no ordinary end
  end(why, problem = false) {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.limit);
    this.channel.close();
    this.pc.close();
    this.tell.changed();
    this.tell.ended(why, problem);
  }

  #connectionChanged() {
    this.tell.changed();
    if (this.over) return;
    const state = this.pc.connectionState;
    this.tell.log(`connection ${state}`);
    if (state === "failed") this.end(this.open ? "The server answers no longer." : noWay, true);
    else if (state === "closed") this.end("the call has ended");
  }
}

// Rather fewer frames than smaller ones: spokes that are scaled down are gone. Browsers that cannot be told decide for themselves.
async function keepResolution(sender) {
  if (!sender) return;
  try {
    const parameters = sender.getParameters();
    parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters);
  } catch {
    // Nothing is lost but some frames that cannot be read.
  }
}
