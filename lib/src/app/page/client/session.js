// All that begins and ends with one call: its sources, the call itself, what is measured, what is shown of it.

import { Call } from "./call.js";
import { FrameReader, watchFrames } from "./frames.js";
import { Pings } from "./pings.js";
import { openAudio, openVideo } from "./sources.js";
import { Stats } from "./stats.js";
import * as ui from "./ui.js";

const every = 1000; // ms between two looks at the statistics
const patience = 5; // looks without a new picture until that is said

let newest = null; // the states of a call that has ended go on changing for a moment, maybe under the next one

export class Session {
  // @param choices  as ui.choices() gives them
  // @param over     called once, when it is
  // Throws what RTCPeerConnection does.
  constructor(choices, over) {
    Object.assign(this, { choices, over });
    this.endings = []; // what is to be done at the end
    this.video = null; // sources
    this.audio = null;
    this.picture = { frames: 0, still: 0 }; // of what comes back: frames so far, looks since the last one
    this.call = new Call(choices.iceServers, choices.channel, {
      changed: () => {
        if (newest !== this) return;
        ui.showStates(this.call);
        this.#tellConnected();
      },
      offered: ui.showOffer,
      answered: ui.showAnswer,
      opened: () => this.#opened(),
      came: (track) => this.#came(track),
      log: ui.log,
      ended: (why, isProblem) => this.#ended(why, isProblem),
    });
    newest = this;
  }

  async start() {
    const { choices, call } = this;
    ui.calling(true);
    ui.showStates(call);
    ui.log(`calling, with a data channel that is ${choices.channelName}`);
    try {
      await this.#openSources();
    } catch (error) {
      call.end(error.message, true);
    }
    if (call.over) return;
    ui.status("Calling.");
    try {
      await call.begin(choices.codec, choices.transform);
    } catch (error) {
      call.end(`The call was not taken: ${error.message}`, true);
    }
    if (call.over) return;
    const stats = new Stats(call.pc);
    const timer = setInterval(() => this.#look(stats), every);
    this.endings.push(() => clearInterval(timer));
    this.#tellDirections();
  }

  end(why) {
    this.call.end(why);
  }

  async #openSources() {
    const { video, width, height, audio } = this.choices;
    const asked = [video.startsWith("camera") && "camera", audio === "microphone" && audio].filter(Boolean).join(" and the ");
    if (asked) ui.status(`Waiting for the ${asked}: the browser may ask whether this page may use it.`);
    this.video = await this.#use(openVideo(video, width, height));
    if (this.call.over) return;
    if (this.video) ui.showPicture("sent", this.video.track);
    else ui.note("sent", "No video is sent.");
    this.audio = await this.#use(openAudio(audio));
  }

  async #use(opening) {
    const source = await opening;
    if (!source) return null;
    if (this.call.over) {
      source.stop();
      return null;
    }
    this.endings.push(() => source.stop());
    source.track.addEventListener("ended", () => ui.log(`the ${source.track.kind} that is sent has ended`));
    this.call.add(source.track);
    return source;
  }

  #opened() {
    const pings = new Pings(this.call.channel, ui.showPings, ui.log);
    pings.start();
    this.endings.push(() => pings.stop());
    this.#tellConnected();
  }

  #came(track) {
    if (track.kind === "audio") {
      ui.playSound(track);
      this.endings.push(() => ui.playSound(null));
      return;
    }
    ui.showPicture("returned", track);
    this.endings.push(() => ui.showPicture("returned", null));
    if (!this.video?.code) return;
    const { code, times } = this.video;
    const reader = new FrameReader(ui.at("returned"), code);
    this.endings.push(watchFrames(ui.at("returned"), ({ received, shown }) => times.returned(reader.read(), received, shown)));
  }

  // What does not come back, in words; they are those of the direction that both sides have agreed on.
  #missing(kind, name) {
    switch (this.call.direction(kind)) {
      case null:
      case "sendrecv":
      case "recvonly":
        return "";
      case "sendonly":
        return `The server sends no ${name} back.`;
      default:
        return `The server takes no ${name}, and sends none back.`;
    }
  }

  #tellDirections() {
    for (const [kind, name] of [["video", "video"], ["audio", "sound"]]) {
      const missing = this.#missing(kind, name);
      if (missing) ui.log(missing);
    }
    ui.note("returned", this.call.direction("video") ? this.#missing("video", "video") || "Waiting for the first picture." : "");
    this.#tellConnected();
  }

  #tellConnected() {
    if (!this.call.open || this.call.over) return;
    if (this.call.interrupted) {
      ui.status("Nothing comes from the server any more; waiting whether it comes back.");
      return;
    }
    ui.status(["Connected.", this.#missing("video", "video"), this.#missing("audio", "sound")].filter(Boolean).join(" "));
  }

  async #look(stats) {
    const now = await stats.read();
    if (this.call.over) return;
    ui.showStats(now);
    if (this.video?.times) ui.showFrames(this.video.times);
    if (!this.call.open || !this.call.direction("video") || this.#missing("video", "video")) return;
    const frames = now.video.returned.frames ?? 0;
    const isNew = frames > this.picture.frames;
    this.picture = { frames, still: isNew ? 0 : this.picture.still + 1 };
    if (isNew) ui.note("returned", "");
    else if (this.picture.still >= patience)
      ui.note("returned", frames > 0 ? `The picture has stood still for ${this.picture.still} s.` : "No picture has come back yet.");
  }

  #ended(why, isProblem) {
    for (const ending of this.endings.reverse()) ending();
    if (this.video?.times) ui.showFrames(this.video.times); // the figures stay until the next call
    ui.showPicture("sent", null);
    ui.note("sent", "");
    ui.note("returned", "");
    ui.log(why);
    ui.status("Not connected.");
    if (isProblem) ui.problem(why);
    ui.calling(false);
    this.over();
  }
}
