/** The answer if it comes within the time, else that it is late; the work goes on. What the work throws in time is thrown. */
export async function within<T>(
  work: Promise<T>,
  limitMs: number,
): Promise<{ readonly inTime: true; readonly answer: T } | { readonly inTime: false }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ readonly inTime: false }>((resolve) => {
    timer = setTimeout(() => resolve({ inTime: false }), limitMs);
  });
  try {
    return await Promise.race([work.then((answer) => ({ inTime: true, answer }) as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
