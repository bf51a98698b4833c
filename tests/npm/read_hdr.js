// Reads an HdrHistogram log with hdr-histogram-js, and prints what it finds of each tag as JSON.
//   NODE_PATH=<node_modules> node read_hdr.js FILE
const fs = require("fs");
const hdr = require("hdr-histogram-js");

const log = fs.readFileSync(process.argv[2], "utf8");
const found = {};
const figures = (h) => ({
  count: h.totalCount,
  min: h.minNonZeroValue,
  max: h.maxValue,
  mean: h.mean,
  p50: h.getValueAtPercentile(50),
  p90: h.getValueAtPercentile(90),
  p99: h.getValueAtPercentile(99),
});

const reader = new hdr.HistogramLogReader(log);
for (let h = reader.nextIntervalHistogram(); h !== null; h = reader.nextIntervalHistogram())
  found[h.tag] = {
    figures: figures(h),
    table: h.outputPercentileDistribution(5, 1),
    start: h.startTimeStampMsec / 1000,
    end: h.endTimeStampMsec / 1000,
  };

// The same without its reader of logs.
for (const line of log.split("\n").filter((l) => l.startsWith("Tag="))) {
  const [tag, , , , encoded] = line.slice("Tag=".length).split(",");
  found[tag].decoded = figures(hdr.decodeFromCompressedBase64(encoded));
}
console.log(JSON.stringify({ tags: hdr.listTags(log), found }));
