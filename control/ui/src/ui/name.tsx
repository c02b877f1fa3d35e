/** A name that somebody else gave, in one piece whatever way its letters run; a workload's namespace stands back. */

import { nameParts } from '../lib/names';

export function Name({ text }: { text: string }) {
  if (text === '') return <span class="faint">(unknown)</span>;
  const [namespace, name] = nameParts(text);
  return (
    <bdi>
      {namespace !== '' && name !== '' ? (
        <>
          <span class="faint">{namespace}</span>
          {name}
        </>
      ) : (
        text
      )}
    </bdi>
  );
}
