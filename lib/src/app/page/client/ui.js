// What the page shows, and what was chosen on it.

const mostLines = 200;
const none = "-";
const summaries = ["last", "min", "p50", "p95", "max"];

export const at = (id) => document.getElementById(id);

function show(texts) {
  for (const [id, text] of Object.entries(texts)) if (at(id).textContent !== text) at(id).textContent = text;
}

const milliseconds = (t) => `${t < 10 ? t.toFixed(2) : t.toFixed(1)} ms`;
const optional = (value, format = String) => (value === undefined || value === null || Number.isNaN(value) ? none : format(value));
const bitRate = (rate) => (rate < 1e6 ? `${Math.round(rate / 1000)} kbit/s` : `${(rate / 1e6).toFixed(2)} Mbit/s`);

export function log(text) {
  const line = document.createElement("li");
  line.textContent = `${new Date().toTimeString().slice(0, 8)}  ${text}`;
  const list = at("log");
  list.append(line);
  while (list.children.length > mostLines) list.firstChild.remove();
  if (!list.matches(":hover, :focus")) list.scrollTop = list.scrollHeight; // whoever reads is left alone
}

// One sentence or two on how things are; screen readers say it.
export const status = (text) => show({ status: text });
export const problem = (text) => show({ problem: text });

// A clean page for the next call.
export function reset() {
  for (const cell of document.querySelectorAll(".figures td[id]")) cell.textContent = none;
  show({ "offer-sdp": "", "answer-sdp": "", problem: "", "sent-note": "", "returned-note": "" });
}

// During a call its options cannot be changed. The focus stays where something can be done.
export function calling(on) {
  const focused = [at("connect"), at("disconnect")].includes(document.activeElement);
  at("choices").disabled = on;
  at("connect").disabled = on;
  at("disconnect").disabled = !on;
  if (focused) at(on ? "disconnect" : "connect").focus();
}

export function choices() {
  const [width, height] = at("resolution").value.split("x").map(Number);
  const servers = at("stun").value.split(/[\s,]+/).filter(Boolean);
  return {
    video: at("video").value,
    width,
    height,
    codec: at("codec").value,
    transform: at("transform").value,
    audio: at("audio").value,
    channel: JSON.parse(at("channel").value),
    channelName: at("channel").selectedOptions[0].text,
    iceServers: servers.map((server) => ({ urls: /^(stun|turn)s?:/.test(server) ? server : `stun:${server}` })),
  };
}

export function showStates({ pc, channel }) {
  show({
    "gathering-state": pc.iceGatheringState,
    "ice-state": pc.iceConnectionState,
    "connection-state": pc.connectionState,
    "signalling-state": pc.signalingState,
    "channel-state": channel.readyState,
  });
}

export const showOffer = (sdp) => show({ "offer-sdp": sdp });
export const showAnswer = (sdp) => show({ "answer-sdp": sdp });

// @param column  "rtt", "received" or "shown"
// @param samples  Samples
function showTimes(column, samples) {
  const summary = samples.summary();
  for (const name of summary ? summaries : []) show({ [`${column}-${name}`]: milliseconds(summary[name]) });
}

export function showPings(pings) {
  show({ answered: `${pings.times.count} of ${pings.sent}` });
  showTimes("rtt", pings.times);
}

export function showFrames(times) {
  show({ "frames-back": `${times.shown.count} of ${times.newest + 1}`, "frames-unreadable": String(times.unreadable), "frames-strange": String(times.strange) });
  showTimes("received", times.received);
  showTimes("shown", times.shown);
}

export function showStats({ video, audio, path }) {
  for (const side of ["sent", "returned"]) {
    const { codec, width, height, frameRate, bitRate: rate, lost } = video[side];
    show({
      [`${side}-codec`]: optional(codec, (type) => type.replace(/^video\//, "")),
      [`${side}-size`]: optional(width, () => `${width} × ${height}`),
      [`${side}-frame-rate`]: optional(frameRate, (r) => r.toFixed(1)),
      [`${side}-bit-rate`]: optional(rate, bitRate),
      [`${side}-lost`]: optional(lost),
      [`${side}-sound-rate`]: optional(audio[side].bitRate, bitRate),
    });
  }
  show({
    "sent-limit": optional(video.sent.limitedBy),
    "returned-freezes": optional(video.returned.freezes),
    "path-rtt": optional(path.roundTrip, milliseconds),
    "path-estimate": optional(path.available, bitRate),
  });
}

// @param side  "sent" or "returned"
// @param track  of a picture; null for none any more
export function showPicture(side, track) {
  const video = at(side);
  video.srcObject = track ? new MediaStream([track]) : null;
  // Without sound it always may; when the call ends before it begins, that is no matter.
  if (track) video.play().catch(() => {});
}

// What there is to say instead of a picture.
export const note = (side, text) => show({ [`${side}-note`]: text });

// Plays a track of sound, or nothing any more.
export function playSound(track) {
  const sound = at("returned-sound");
  sound.srcObject = track ? new MediaStream([track]) : null;
  at("sound").hidden = !track;
  if (track) turnSound(true);
}

export async function turnSound(on) {
  const sound = at("returned-sound");
  sound.muted = !on;
  at("sound").setAttribute("aria-pressed", String(on));
  try {
    if (sound.srcObject) await sound.play();
  } catch (error) {
    if (error.name !== "NotAllowedError") return; // the call has ended meanwhile
    sound.muted = true;
    at("sound").setAttribute("aria-pressed", "false");
    log("the browser plays sound only once it is turned on by hand");
  }
}
