// Who uses the servers meanwhile: somebody who saves all the time, and visitors. What each of them saw is kept for the report.

/** How long a saved value may take to reach a visitor while PostgreSQL can be asked, in milliseconds. */
const ALLOWED = 35_000;

/** From which length on a pause between saves counts as an outage of the database, in milliseconds. */
const OUTAGE = 1_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Saves one number after the other. */
export class Saver {
  constructor(url, token) {
    this.instance = `${url}/management/v1/instances/my-app`;
    this.headers = { authorization: `Bearer ${token}` };
    /** The numbers that a server has acknowledged, and when. */
    this.acknowledged = [];
    this.failed = 0;
  }

  async run() {
    let number = 0;
    while (!this.stopped) {
      number += 1;
      try {
        const read = await this.ask("/redirects");
        const headers = { ...this.headers, "if-match": read.headers.get("etag"), "content-type": "application/merge-patch+json" };
        const saved = await this.ask("/redirects", { method: "PATCH", headers, body: JSON.stringify({ after_sign_in_url: `/${number}` }) });
        if (saved.status !== 200) throw new Error(`${saved.status}`);
        this.acknowledged.push({ number, at: Date.now() });
      } catch {
        // Nobody knows whether it is stored. The next number is another one.
        this.failed += 1;
        await pause(100);
      }
      await pause(50);
    }
  }

  async ask(path, options = {}) {
    const answer = await fetch(this.instance + path, { headers: this.headers, ...options, signal: AbortSignal.timeout(20_000) });
    const body = await answer.text();
    return { status: answer.status, headers: answer.headers, body };
  }

  /** The pauses between acknowledged saves since then: from, to, in milliseconds. */
  pauses(since = 0) {
    const times = this.acknowledged.map(({ at }) => at).filter((at) => at >= since);
    return times.slice(1).map((at, index) => [times[index], at]);
  }

  longestPause(since) {
    return Math.max(0, ...this.pauses(since).map(([from, to]) => to - from));
  }

  /** How many acknowledged saves the history does not have. */
  async lost() {
    const stored = new Set();
    for (let cursor = ""; cursor !== undefined; ) {
      const page = JSON.parse((await this.ask(`/history?limit=100${cursor && `&cursor=${cursor}`}`)).body);
      for (const change of page.changes) stored.add(change.after.after_sign_in_url);
      cursor = page.next ?? undefined;
    }
    return this.acknowledged.filter(({ number }) => !stored.has(`/${number}`)).length;
  }
}

/** Visits one server all the time. */
export class Visitor {
  constructor(url) {
    this.url = `${url}/portal/my-app/v1/resolve?flow=sign-in`;
    this.answers = [];
    this.refused = [];
  }

  async run() {
    while (!this.stopped) {
      const asked = Date.now();
      try {
        const answer = await fetch(this.url, { signal: AbortSignal.timeout(10_000) });
        const text = await answer.text();
        if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
        this.answers.push({ asked, number: Number(new URL(JSON.parse(text).target).pathname.slice(1)) });
      } catch (error) {
        this.refused.push(String(error));
      }
      await pause(5);
    }
  }

  /** How many answers were older than allowed: a newer save was acknowledged long before, and PostgreSQL could be asked about it. */
  old(saver) {
    const outages = saver.pauses().filter(([from, to]) => to - from > OUTAGE);
    const available = (from, to) => to - from - outages.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)), 0);
    return this.answers.filter(({ asked, number }) => {
      const newer = saver.acknowledged.find((save) => save.number > number);
      return newer && available(newer.at, asked) > ALLOWED;
    }).length;
  }
}
