/** A name that somebody else gave, in one piece whatever way its letters run; a workload's namespace stands back. */

import { nameParts, undisguised } from '../lib/names';

export function Name({ text }: { text: string }) {
  if (text === '') return <span class="faint">(unknown)</span>;
  const shown = undisguised(text);
  const [namespace, name] = nameParts(shown);
  return (
    <bdi>
      {namespace !== '' && name !== '' ? (
        <>
          <span class="faint">{namespace}</span>
          {name}
        </>
      ) : (
        shown
      )}
    </bdi>
  );
}
