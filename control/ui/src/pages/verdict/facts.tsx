/** Decision, judge and exchange: the facts beside the text. */

import type { Verdict } from '../../api/types';
import { SIGNALS } from '../../api/types';
import { exact, risk } from '../../lib/format';
import { workloadName } from '../../lib/names';
import { withQuery } from '../../state/router';
import { ActionTag, riskBand } from '../../ui/badges';
import { CopyButton } from '../../ui/copy';
import { Icon } from '../../ui/icons';
import { When } from '../../ui/when';
import { ACTION_MEANS, DELIVERY_MEANS, reasonName, sentence } from '../../ui/words';

export function Decision({ verdict }: { verdict: Verdict }) {
  const { action, would, mode, rule, policy } = verdict;
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>Decision</h2>
      </div>
      <dl class="facts panel__body">
        <dt>Action</dt>
        <dd>
          <ActionTag action={action} />
          <p class="soft">{ACTION_MEANS[action]}</p>
        </dd>
        {would !== undefined && (
          <>
            <dt>Would</dt>
            <dd>
              <ActionTag action={would} />
              <p class="soft">What the policy would have done: it ran as a shadow, or the verdict came too late.</p>
            </dd>
          </>
        )}
        <dt>Delivery</dt>
        <dd>{DELIVERY_MEANS[mode]}</dd>
        <dt>Policy rule</dt>
        <dd>{rule === '' ? '–' : <code>{rule}</code>}</dd>
        {verdict.threshold !== undefined && (
          <>
            <dt>Threshold</dt>
            <dd class="num">{risk(verdict.threshold)}</dd>
          </>
        )}
        <dt>Policy revision</dt>
        <dd>{policy === '' ? '–' : <code>{policy}</code>}</dd>
      </dl>
    </section>
  );
}

export function Judge({ verdict }: { verdict: Verdict }) {
  const { signals, judge, sentences, reason } = verdict;
  const names = [...SIGNALS, ...signals.filter(signal => !(SIGNALS as readonly string[]).includes(signal))];
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>Judge</h2>
        <span class="end faint">{judge === '' ? '' : <code>{judge}</code>}</span>
      </div>
      <div class="panel__body">
        <dl class="facts">
          {reason !== undefined && (
            <>
              <dt>Not checked</dt>
              <dd>{reasonName(reason)}</dd>
            </>
          )}
          <dt>Risk</dt>
          <dd class="num">
            {verdict.verdict === 'not_checked' ? '–' : `${risk(verdict.risk)}, ${riskBand(verdict.risk)}`}
          </dd>
          <dt>Sentences judged</dt>
          <dd class="num">{exact(sentences)}</dd>
          <dt>Signals</dt>
          <dd>
            <ul class="signals">
              {names.map(name => {
                const ran = signals.includes(name);
                return (
                  <li key={name} class={ran ? 'signals__ran' : 'faint'}>
                    <Icon name={ran ? 'done' : 'close'} />
                    {sentence(name)}
                    <span class="visually-hidden">{ran ? ' ran' : ' did not run'}</span>
                  </li>
                );
              })}
            </ul>
          </dd>
        </dl>
      </div>
    </section>
  );
}

const CORRELATION = {
  trace: 'matched by trace id',
  overlap: 'matched by time: a guess when the agent serves several requests at once',
  none: 'none were found',
};

export function Exchange({ verdict }: { verdict: Verdict }) {
  const v = verdict;
  const none = new URLSearchParams();
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>Exchange</h2>
      </div>
      <dl class="facts panel__body">
        <dt>Time</dt>
        <dd>
          <When micros={v.ts} look="full" />
        </dd>
        <dt>Id</dt>
        <dd class="copyable">
          <code>{v.id}</code>
          <CopyButton text={() => v.id} label="Copy the id" />
        </dd>
        <dt>Workload</dt>
        <dd>
          <a class="link" href={withQuery('/verdicts', none, { workload: workloadName(v.workload) })}>
            {workloadName(v.workload)}
          </a>
          {v.workload.pod !== '' && <p class="faint mono">{v.workload.pod}</p>}
        </dd>
        <dt>Model</dt>
        <dd>
          {v.model === '' ? (
            '–'
          ) : (
            <a class="link" href={withQuery('/verdicts', none, { model: v.model })}>
              {v.model}
            </a>
          )}
        </dd>
        <dt>Asked of</dt>
        <dd>
          {v.direction === 'inbound' ? 'the agent (inbound)' : v.provider}
          <p class="faint mono">
            {v.host}
            {v.path}
          </p>
        </dd>
        {v.direction === 'inbound' && (
          <>
            <dt>Agent’s own calls</dt>
            <dd>{CORRELATION[v.correlation ?? 'none']}</dd>
          </>
        )}
        <dt>Format</dt>
        <dd>
          {v.dialect === '' ? 'unknown' : v.dialect}
          {v.stream ? ', streamed' : ', not streamed'}
        </dd>
        <dt>Status</dt>
        <dd class="num">{v.status === 0 ? 'no answer came' : v.status}</dd>
        <dt>Tokens</dt>
        <dd class="num">
          {v.input_tokens === undefined && v.output_tokens === undefined
            ? 'not reported'
            : `${exact(v.input_tokens)} in, ${exact(v.output_tokens)} out`}
        </dd>
        {v.response_id !== '' && (
          <>
            <dt>Provider’s id</dt>
            <dd>
              <code>{v.response_id}</code>
            </dd>
          </>
        )}
        {v.trace !== undefined && (
          <>
            <dt>Trace</dt>
            <dd class="copyable">
              <code>{v.trace}</code>
              <CopyButton text={() => v.trace ?? ''} label="Copy the trace id" />
            </dd>
          </>
        )}
        <dt>Reported by</dt>
        <dd>
          <code class="faint">{v.instance}</code> <span class="faint num">#{exact(v.seq)}</span>
        </dd>
      </dl>
    </section>
  );
}
