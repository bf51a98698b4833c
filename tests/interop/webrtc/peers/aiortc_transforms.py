"""What aiortc's own example does to a track's pictures before it sends them back: the same calls of OpenCV with the same constants."""
import cv2
from aiortc import MediaStreamTrack
from av import VideoFrame


def cartoon(image):
    colour = cv2.pyrDown(cv2.pyrDown(image))
    for _ in range(6):
        colour = cv2.bilateralFilter(colour, 9, 9, 7)
    colour = cv2.pyrUp(cv2.pyrUp(colour))
    lines = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    lines = cv2.adaptiveThreshold(cv2.medianBlur(lines, 7), 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 2)
    return cv2.bitwise_and(colour, cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB))


def edges(image):
    return cv2.cvtColor(cv2.Canny(image, 100, 200), cv2.COLOR_GRAY2BGR)


def rotated(image, seconds):
    rows, columns, _ = image.shape
    return cv2.warpAffine(image, cv2.getRotationMatrix2D((columns / 2, rows / 2), seconds * 45, 1), (columns, rows))


class Transformed(MediaStreamTrack):
    kind = "video"

    def __init__(self, track, transform):
        super().__init__()
        self.track = track
        self.transform = transform

    async def recv(self):
        frame = await self.track.recv()
        if self.transform == "none":
            return frame
        image = frame.to_ndarray(format="bgr24")
        if self.transform == "cartoon":
            image = cartoon(image)
        elif self.transform == "edges":
            image = edges(image)
        elif self.transform == "rotate":
            image = rotated(image, frame.time)
        out = VideoFrame.from_ndarray(image, format="bgr24")
        out.pts = frame.pts
        out.time_base = frame.time_base
        return out
