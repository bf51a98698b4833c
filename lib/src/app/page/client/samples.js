// The newest values of something that is measured again and again, and what they say.

export class Samples {
  // @param most  how many are kept
  constructor(most) {
    this.most = most;
    this.values = [];
    this.count = 0; // all that ever came
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > this.most) this.values.shift();
    this.count += 1;
  }

  // Percentiles by nearest rank; null without values.
  summary() {
    if (this.values.length === 0) return null;
    const sorted = Float64Array.from(this.values).sort();
    const rank = (share) => sorted[Math.ceil(share * sorted.length) - 1];
    return { last: this.values[this.values.length - 1], min: sorted[0], p50: rank(0.5), p95: rank(0.95), max: sorted[sorted.length - 1] };
  }
}
