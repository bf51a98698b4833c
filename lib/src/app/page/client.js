// Makes a call to this server's /offer and pings over its data channel.
"use strict";

const at = (id) => document.getElementById(id);
const longestGathering = 3000; // ms: a STUN server that does not answer must not keep us from calling
const longestConnecting = 30000; // ms from the click: a browser that has found no address of its own never gives up by itself
const mostLines = 200;
const mostSamples = 3600;

const noWay = "No way to the server was found: is its UDP port reachable from here?";

let call = null; // { pc, channel, timer, limit, begun, waiting, samples, sent, answered, open }

function log(text) {
  const line = document.createElement("li");
  const time = new Date().toTimeString().slice(0, 8);
  line.textContent = `${time}  ${text}`;
  const list = at("log");
  list.append(line);
  while (list.children.length > mostLines) list.firstChild.remove();
  if (!list.matches(":hover, :focus")) list.scrollTop = list.scrollHeight; // whoever reads is left alone
}

function show(states) {
  for (const [id, text] of Object.entries(states)) at(id).textContent = text;
}

function showStates(c) {
  show({
    "gathering-state": c.pc.iceGatheringState,
    "ice-state": c.pc.iceConnectionState,
    "connection-state": c.pc.connectionState,
    "signalling-state": c.pc.signalingState,
    "channel-state": c.channel.readyState,
  });
}

const milliseconds = (t) => `${t < 10 ? t.toFixed(2) : t.toFixed(1)} ms`;

function showRoundTrips(c) {
  at("answered").textContent = `${c.answered} of ${c.sent}`;
  if (c.samples.length === 0) return;
  const sorted = Float64Array.from(c.samples).sort();
  show({
    "rtt-last": milliseconds(c.samples[c.samples.length - 1]),
    "rtt-min": milliseconds(sorted[0]),
    "rtt-p50": milliseconds(sorted[Math.floor((sorted.length - 1) / 2)]),
    "rtt-max": milliseconds(sorted[sorted.length - 1]),
  });
}

function ping(c) {
  const now = performance.now();
  c.begun ??= now;
  // Names itself: on a channel that loses and reorders an answer may belong to any ping.
  const text = `ping ${Math.round(now - c.begun)}`;
  for (const [old, sent] of c.waiting) if (now - sent > 30000) c.waiting.delete(old);
  c.waiting.set(text.slice(5), performance.now());
  try {
    c.channel.send(text);
    c.sent += 1;
  } catch (error) {
    log(`a ping could not be sent: ${error.message}`);
  }
  showRoundTrips(c);
}

function pong(c, data) {
  const came = performance.now();
  if (typeof data !== "string" || !data.startsWith("pong ")) return;
  const sent = c.waiting.get(data.slice(5));
  if (sent === undefined) return;
  c.waiting.delete(data.slice(5));
  c.answered += 1;
  c.samples.push(came - sent);
  if (c.samples.length > mostSamples) c.samples.shift();
  if (c.answered === 1) log(`the first ping came back after ${milliseconds(came - sent)}`);
  showRoundTrips(c);
}

function gathered(pc) {
  return new Promise((resolve) => {
    if (pc.iceGatheringState === "complete") return resolve();
    const timer = setTimeout(resolve, longestGathering);
    pc.addEventListener("icegatheringstatechange", () => {
      if (pc.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function signal(offer) {
  const response = await fetch("/offer", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sdp: offer.sdp, type: offer.type }),
  });
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    // Not this server's words, then: a proxy's, say.
  }
  if (!response.ok) throw new Error(answer.error ?? `the server answered ${response.status}`);
  return answer;
}

function end(c, why, problem = false) {
  if (call !== c) return;
  call = null;
  clearInterval(c.timer);
  clearTimeout(c.limit);
  c.channel.close();
  c.pc.close();
  showStates(c);
  log(why);
  if (problem) at("problem").textContent = why;
  const focused = document.activeElement === at("disconnect");
  at("connect").disabled = false;
  at("disconnect").disabled = true;
  if (focused) at("connect").focus();
}

async function connect() {
  if (call) return;
  const servers = at("stun").value.split(/[\s,]+/).filter(Boolean).map((s) => (/^(stun|turn)s?:/.test(s) ? s : `stun:${s}`));
  const options = JSON.parse(at("channel").value);
  at("problem").textContent = "";
  show({ "offer-sdp": "", "answer-sdp": "", "rtt-last": "-", "rtt-min": "-", "rtt-p50": "-", "rtt-max": "-", answered: "-" });
  if (!window.RTCPeerConnection) {
    at("problem").textContent = "This browser makes no WebRTC calls.";
    return;
  }
  let pc;
  try {
    pc = new RTCPeerConnection({ iceServers: servers.map((urls) => ({ urls })) });
  } catch (error) {
    at("problem").textContent = `The browser does not take the STUN server: ${error.message}`;
    return;
  }
  const c = { pc, channel: pc.createDataChannel("chat", options), timer: 0, limit: 0, begun: null, waiting: new Map(), samples: [], sent: 0, answered: 0, open: false };
  call = c;
  c.limit = setTimeout(() => end(c, noWay, true), longestConnecting);
  at("connect").disabled = true;
  at("disconnect").disabled = false;
  at("disconnect").focus();
  log(`calling, with a data channel that is ${at("channel").selectedOptions[0].text}`);

  for (const event of ["icegatheringstatechange", "iceconnectionstatechange", "signalingstatechange"])
    pc.addEventListener(event, () => showStates(c));
  pc.addEventListener("connectionstatechange", () => {
    showStates(c);
    if (call !== c) return;
    log(`connection ${pc.connectionState}`);
    if (pc.connectionState === "failed")
      end(c, c.open ? "The server answers no longer." : noWay, true);
    else if (pc.connectionState === "closed") end(c, "the call has ended");
  });
  c.channel.addEventListener("open", () => {
    showStates(c);
    c.open = true;
    clearTimeout(c.limit);
    log("data channel open");
    ping(c);
    c.timer = setInterval(() => ping(c), 1000);
  });
  c.channel.addEventListener("message", (event) => pong(c, event.data));
  c.channel.addEventListener("close", () => {
    if (call === null) showStates(c);
    end(c, "the server has hung up");
  });
  showStates(c);

  try {
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    if (call !== c) return;
    const offer = pc.localDescription;
    at("offer-sdp").textContent = offer.sdp;
    const answer = await signal(offer);
    if (call !== c) return;
    at("answer-sdp").textContent = answer.sdp ?? "";
    await pc.setRemoteDescription(answer);
  } catch (error) {
    end(c, `The call was not taken: ${error.message}`, true);
  }
}

at("options").addEventListener("submit", (event) => {
  event.preventDefault();
  connect();
});
at("disconnect").addEventListener("click", () => {
  if (call) end(call, "hung up");
});
window.addEventListener("pagehide", () => {
  if (call) end(call, "hung up");
});
