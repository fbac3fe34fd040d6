// Requests to our own server, and its refusals (RFC 9457).

import { atNode, nodeHeaders, pinTo, unpin } from "./node.js";

const ANSWER_MS = 15000;

/** The server understood and said no. `problem` is its reply: status, code, title, detail ... */
export class Refused extends Error {
  constructor(problem, retryAfter = 0) {
    super(problem.title);
    this.problem = problem;
    this.retryAfter = retryAfter; // seconds
  }
}

/** Whether the same request may get through later: nothing answered, or a refusal that goes over by itself. */
export function passes(error) {
  if (!(error instanceof Refused)) return true;
  const { status, code } = error.problem;
  return status >= 500 || status === 429 || code === "elsewhere";
}

/**
 * To the node that holds the interview; the text of its reply. Throws Refused, or TypeError where it could not be
 * reached or has not answered `within` ms: a machine that is gone answers nothing, not even no. `signal` ends it too.
 */
export async function post(url, type, body, { headers = {}, signal = null, within = ANSWER_MS } = {}) {
  const limit = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    limit.abort();
  }, within);
  signal?.addEventListener("abort", () => limit.abort());
  try {
    const all = { ...headers, ...nodeHeaders() };
    const reply = await send("POST", atNode(url), type, body, { headers: all, signal: limit.signal });
    const text = await reply.text();
    const location = reply.headers.get("Location");
    if (location) pinTo(new URL(location, document.baseURI).origin, reply.headers.get("X-Node"));
    return text;
  } catch (error) {
    if (error instanceof Refused) sentOn(error.problem);
    else if (late || error instanceof TypeError) unpin();
    throw late ? new TypeError("no answer in time") : error;
  } finally {
    clearTimeout(timer);
  }
}

/** What a refusal says about where to go. */
export function sentOn(problem) {
  if (problem.code === "restarting") unpin();
  else pinTo(problem.address, problem.node);
}

export async function send(method, url, type, body, { headers = {}, signal = null } = {}) {
  const reply = await fetch(url, {
    method,
    signal,
    headers: { "Content-Type": type, Accept: "application/problem+json, */*", ...headers },
    body,
  });
  if (reply.ok) return reply;
  const retryAfter = Number(reply.headers.get("Retry-After")) || 0;
  const isProblem = reply.headers.get("Content-Type")?.startsWith("application/problem+json");
  const plain = { status: reply.status, code: "unknown", title: "Something went wrong on our side" };
  throw new Refused(isProblem ? await reply.json() : plain, retryAfter);
}

export function postJson(url, value, options = {}) {
  return post(url, "application/json", JSON.stringify(value), options);
}
