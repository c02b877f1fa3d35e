/** What is shown instead of data: nothing there yet, nothing found, an error; and beside data: that it is old. */

import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/problem';
import { clock } from '../lib/time';
import { zone } from '../state/prefs';
import type { Resource } from '../state/resource';
import { useStore } from '../state/store';
import type { IconName } from './icons';
import { Icon } from './icons';

interface BlankProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Blank({ icon, title, children }: BlankProps) {
  return (
    <div class="blank">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function ErrorBlank({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  return (
    <div class="blank" role="alert">
      <Icon name="offline" />
      <h2>{error.title}</h2>
      {error.detail !== '' && <p>{error.detail}</p>}
      <div class="blank__actions">
        <button type="button" class="button" onClick={onRetry}>
          <Icon name="refresh" />
          Try again
        </button>
      </div>
    </div>
  );
}

/** Says that what is shown could not be brought up to date. */
export function StaleNote<T>({ resource }: { resource: Resource<T> }) {
  const by = useStore(zone);
  const { error, data, loadedAt, reload } = resource;
  if (error === undefined || data === undefined) return null;
  return (
    <div class="note" data-tone="ungrounded" role="status">
      <Icon name="warning" />
      <span>
        Showing what was true at {clock(loadedAt, by)}. {error.title}
        {error.detail === '' ? '.' : `: ${error.detail}`}
      </span>
      <button type="button" class="button button--small" onClick={reload}>
        Try again
      </button>
    </div>
  );
}

interface LoadedProps<T> {
  readonly resource: Resource<T>;
  /** Drawn until the first answer. */
  readonly waiting: ComponentChildren;
  readonly children: (data: T) => ComponentChildren;
}

/** Draws the answer, or the state that stands in for it. */
export function Loaded<T>({ resource, waiting, children }: LoadedProps<T>) {
  const { data, error, outdated, reload } = resource;
  if (data === undefined && error !== undefined) return <ErrorBlank error={error} onRetry={reload} />;
  if (data === undefined) {
    return (
      <div aria-busy="true">
        <span class="visually-hidden" role="status">
          Loading
        </span>
        {waiting}
      </div>
    );
  }
  return (
    <div class={outdated ? 'outdated' : undefined} aria-busy={outdated}>
      <StaleNote resource={resource} />
      {children(data)}
    </div>
  );
}

/** A grey block where something will be, `height` pixels high. */
export function Skeleton({ height }: { height: number }) {
  return <div class="skeleton" style={{ height: `${height}px` }} aria-hidden="true" />;
}
