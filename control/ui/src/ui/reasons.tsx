/** Why responses were not checked. */

import { byCount, CountList } from './countlist';
import { reasonName } from './words';

interface ReasonsProps {
  readonly reasons: Readonly<Record<string, number>>;
  readonly total: number;
  readonly hrefOf: (reason: string) => string;
}

export function Reasons({ reasons, total, hrefOf }: ReasonsProps) {
  return (
    <CountList
      title="Not checked"
      of="Reason"
      side="by reason"
      rows={byCount(reasons).map(([reason, n]) => ({
        value: reason,
        count: n,
        name: reasonName(reason),
        href: hrefOf(reason),
      }))}
      total={total}
      tone="not_checked"
      none="Every response in this range was judged."
    />
  );
}
