/** What went wrong with a call, in words an operator can act on (RFC 9457 where the server sent it). */

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail === '' ? title : `${title}: ${detail}`);
    this.name = 'ApiError';
  }
}

/** The error that an unsuccessful answer carries. */
export async function problemOf(response: Response): Promise<ApiError> {
  const fallback = new ApiError(
    response.status,
    `The server answered ${response.status} ${response.statusText}`.trim(),
    '',
  );
  if (!/json/.test(response.headers.get('content-type') ?? '')) return fallback;
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) return fallback;
  const { title, detail } = body as { title?: unknown; detail?: unknown };
  return new ApiError(
    response.status,
    typeof title === 'string' && title !== '' ? title : fallback.title,
    typeof detail === 'string' ? detail : '',
  );
}

/** The error behind anything thrown by a call. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof TypeError) {
    return new ApiError(
      0,
      'The control plane cannot be reached',
      'Check that it is running and that this page’s address is right.',
    );
  }
  return new ApiError(
    0,
    'Something went wrong in this page',
    thrown instanceof Error ? thrown.message : String(thrown),
  );
}

/** Whether the call was called off by us. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
