// How the report and the chart of `make bench` read a figure: { name, value, unit, limit }, where the limit is null, { at_least } or { at_most }.

export function isMet({ value, limit }) {
  if (!limit) return true;
  return value !== null && (limit.at_least === undefined ? value <= limit.at_most : value >= limit.at_least);
}

// The goal as text; empty if there is none.
export function goal({ limit }) {
  if (!limit) return "";
  return limit.at_least === undefined ? `≤ ${number(limit.at_most)}` : `≥ ${number(limit.at_least)}`;
}

// What JSON can't hold, such as the median of nothing, is null.
export function number(value) {
  return value === null ? "nothing" : value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 });
}
