// Requests to our own server, and its refusals (RFC 9457).

/** The server understood and said no. `problem` is its reply: status, code, title, detail ... */
export class Refused extends Error {
  constructor(problem, retryAfter = 0) {
    super(problem.title);
    this.problem = problem;
    this.retryAfter = retryAfter; // seconds
  }
}

/** Throws Refused, or TypeError where the server could not be reached. */
export async function post(url, type, body, headers = {}, signal = null) {
  const reply = await fetch(url, {
    method: "POST",
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

export function postJson(url, value, signal = null) {
  return post(url, "application/json", JSON.stringify(value), {}, signal);
}
