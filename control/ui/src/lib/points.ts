/** Text counted in Unicode scalar values, as the API counts offsets; JavaScript's own strings count UTF-16 units. */

/** The scalar values of a text, one string each. */
export function points(text: string): string[] {
  return Array.from(text);
}

/** The text between two offsets counted in scalar values; offsets outside are clamped. */
export function slicePoints(text: string, start: number, end: number): string {
  return points(text).slice(Math.max(0, start), Math.max(0, end)).join('');
}
