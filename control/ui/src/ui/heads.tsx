/** The heads of a table's columns. */

export interface Head {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly right?: boolean;
  /** Class that gives the column its width. */
  readonly col?: string;
}

export function Heads({ heads }: { heads: readonly Head[] }) {
  return (
    <thead>
      <tr>
        {heads.map(({ title, right, col }) => (
          <th key={title} scope="col" class={`${right ? 'right' : ''} ${col ?? ''}`}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** A head over numbers. */
export const number = (title: string): Head => ({ title, right: true });
