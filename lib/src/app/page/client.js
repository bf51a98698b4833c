// Calls this server's /offer, sends it video, sound and pings, and shows how long they take to come back.

import { Session } from "./client/session.js";
import * as ui from "./client/ui.js";

let session = null;

function connect() {
  if (session) return;
  ui.reset();
  if (!window.RTCPeerConnection) {
    ui.problem("This browser makes no WebRTC calls.");
    return;
  }
  try {
    session = new Session(ui.choices(), () => {
      session = null;
    });
  } catch (error) {
    ui.problem(`The browser does not take the STUN server: ${error.message}`);
    return;
  }
  session.start();
}

ui.at("options").addEventListener("submit", (event) => {
  event.preventDefault();
  connect();
});
ui.at("disconnect").addEventListener("click", () => session?.end("hung up"));
ui.at("sound").addEventListener("click", () => ui.turnSound(ui.at("sound").getAttribute("aria-pressed") !== "true"));
window.addEventListener("pagehide", () => session?.end("hung up"));
ui.calling(false); // not so in the HTML, for whoever has no JavaScript, nor where a browser brings an old page back
