/**
 * What the API server, or the way to it, said no with.
 *
 * Source: Kubernetes API conventions, "Response Status Kind"; RFC 9110 section 10.2.3 (Retry-After).
 *
 * @module
 */

/** An answer other than 2xx, or an ERROR event of a watch. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status code. */
  readonly code: number;
  /** The machine-readable word of the Status object, "Conflict"; empty when there is none. */
  readonly reason: string;
  /** What Retry-After asks for, or null. */
  readonly retryAfterMs: number | null;

  constructor(operation: string, code: number, reason: string, message: string, retryAfterMs: number | null) {
    super(`Cannot ${operation}: ${message || reason || "no reason given"} (${code})`);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** True when the resource version one wanted to go on from is no longer kept: read everything again. */
  get isGone(): boolean {
    return this.code === 410;
  }

  get isConflict(): boolean {
    return this.code === 409 && this.reason !== "AlreadyExists";
  }
}

/** The error a failed response stands for; reads its body. */
export async function apiErrorOf(operation: string, response: Response): Promise<ApiError> {
  const text = await response.text();
  const { reason = "", message = text.slice(0, 500) } = statusIn(text);
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return new ApiError(operation, response.status, reason, message, seconds >= 0 ? seconds * 1000 : null);
}

/** The error an ERROR event of a watch stands for. */
export function apiErrorOfStatus(operation: string, status: unknown): ApiError {
  const { code = 500, reason = "", message = "" } = (status ?? {}) as StatusObject;
  return new ApiError(operation, code, reason, message, null);
}

interface StatusObject {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

function statusIn(text: string): StatusObject {
  try {
    return (JSON.parse(text) ?? {}) as StatusObject;
  } catch {
    return {};
  }
}
