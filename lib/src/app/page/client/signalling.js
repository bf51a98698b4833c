// An offer goes to the server, an answer comes back: one request, with all candidates in it.

const longestGathering = 3000; // ms: a STUN server that does not answer must not keep us from calling

export function gathered(pc) {
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

// @param transform  what the server is to do to the video; undefined where none is sent
// @return the answer, a RTCSessionDescriptionInit. Throws Error in the server's words.
export async function ask(offer, transform) {
  let response;
  try {
    response = await fetch("/offer", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sdp: offer.sdp, type: offer.type, video_transform: transform }),
    });
  } catch {
    throw new Error("the server cannot be reached; does it still run?");
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not this server's words, then: a proxy's, say.
  }
  if (!response.ok) throw new Error(refusal(response.status, answer));
  if (typeof answer?.sdp !== "string") throw new Error("what the server answered is no session description");
  return { sdp: answer.sdp, type: "answer" };
}

function refusal(status, answer) {
  if (typeof answer?.error !== "string") return `the server answered ${status}`;
  return typeof answer.hint === "string" ? `${answer.error} (${answer.hint})` : answer.error;
}
