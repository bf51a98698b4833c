// Which codec a call's video may have.

// H.264 of the constrained baseline profile in packetization mode 1 (RFC 6184) is what everybody has; it comes first.
const rank = ({ sdpFmtpLine: line = "" }) => (line.includes("packetization-mode=1") ? 0 : 2) + (/profile-level-id=42e0/i.test(line) ? 0 : 1);

// Leaves this codec, and what sends it again when it was lost, in the offer.
// @param mimeType  "video/VP8", say
// Throws Error with words for the user.
export function offerOnly(transceiver, mimeType) {
  const name = mimeType.split("/")[1];
  if (!transceiver.setCodecPreferences || !window.RTCRtpReceiver?.getCapabilities)
    throw new Error(`This browser does not let a page choose its codec. Choose the default instead of ${name}.`);
  const all = RTCRtpReceiver.getCapabilities("video").codecs;
  const chosen = all.filter((codec) => codec.mimeType.toLowerCase() === mimeType.toLowerCase()).sort((a, b) => rank(a) - rank(b));
  if (chosen.length === 0) throw new Error(`This browser has no ${name}. Choose another codec.`);
  transceiver.setCodecPreferences([...chosen, ...all.filter((codec) => codec.mimeType.toLowerCase() === "video/rtx")]);
}
