/** Instead of the text: it was not captured, and how that is changed. */

import type { Verdict } from '../../api/types';
import { isFlagged } from '../../lib/weak';
import { CopyButton } from '../../ui/copy';
import { Icon } from '../../ui/icons';

const POLICY = 'version: 1\ndefault:\n  capture: flagged   # none, flagged or all\n';

export function Uncaptured({ verdict }: { verdict: Verdict }) {
  const flagged = isFlagged(verdict);
  return (
    <section class="panel uncaptured">
      <Icon name="locked" />
      <div>
        <h2>The content was not captured</h2>
        <p class="soft">
          Prompts and answers stay in the pod unless the policy says otherwise.{' '}
          {flagged
            ? 'Spans are known by their offsets only. To see the words of flagged responses from now on, turn capturing on in the policy:'
            : 'The policy decides which: of flagged responses only, or of all.'}
        </p>
        <div class="codeline codeline--block">
          <pre>
            <code>{POLICY}</code>
          </pre>
          <CopyButton text={() => POLICY} label="Copy the policy" />
        </div>
        <p class="faint">
          Start AgentGuard with <code>--policy FILE</code>. What was not captured cannot be brought back.
        </p>
      </div>
    </section>
  );
}
