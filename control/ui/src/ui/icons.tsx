/** The icons: 16 × 16, drawn with strokes, always beside a word or hidden from assistive technology. */

const PATHS = {
  overview: ['M2.5 13.5h11', 'M4 11V8', 'M7 11V4.5', 'M10 11V6.5', 'M13 11V2.5'],
  verdicts: ['M6 4h7.5', 'M6 8h7.5', 'M6 12h7.5', 'M2.5 4h.5', 'M2.5 8h.5', 'M2.5 12h.5'],
  live: [
    'M8 8h.01',
    'M5.2 5.2a4 4 0 0 0 0 5.6',
    'M10.8 5.2a4 4 0 0 1 0 5.6',
    'M3 3a7 7 0 0 0 0 10',
    'M13 3a7 7 0 0 1 0 10',
  ],
  sidecars: ['M2.5 5.5 8 2.5l5.5 3v5L8 13.5l-5.5-3z', 'M2.5 5.5 8 8.5l5.5-3', 'M8 8.5v5'],
  workloads: ['M2.5 2.5h4.5v4.5H2.5z', 'M9 2.5h4.5v4.5H9z', 'M2.5 9h4.5v4.5H2.5z', 'M9 9h4.5v4.5H9z'],
  models: [
    'M5 5h6v6H5z',
    'M2.8 2.8h10.4v10.4H2.8z',
    'M6 1v1.8M10 1v1.8M6 13.2V15M10 13.2V15M1 6h1.8M1 10h1.8M13.2 6H15M13.2 10H15',
  ],
  search: ['M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z', 'M10.6 10.6 14 14'],
  clock: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M8 4.8V8l2.2 1.6'],
  sun: [
    'M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
    'M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  ],
  moon: ['M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z'],
  system: ['M2 3h12v8H2z', 'M6 13.5h4', 'M8 11v2.5'],
  refresh: ['M13.5 8a5.5 5.5 0 1 1-1.7-4', 'M13.5 1.5V4.5h-3'],
  help: ['M1.5 4.5h13v7h-13z', 'M4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 9.3h6'],
  docs: [
    'M8 4C6.5 2.8 4.5 2.6 2.5 2.9v9.6c2-.3 4-.1 5.5 1.1 1.5-1.2 3.5-1.4 5.5-1.1V2.9C11.5 2.6 9.5 2.8 8 4z',
    'M8 4v9.6',
  ],
  left: ['M10 3.5 5.5 8l4.5 4.5'],
  right: ['M6 3.5 10.5 8 6 12.5'],
  down: ['M3.5 6 8 10.5 12.5 6'],
  back: ['M13 8H3', 'M7 4 3 8l4 4'],
  close: ['M4 4l8 8', 'M12 4l-8 8'],
  copy: ['M5.5 5.5h8v8h-8z', 'M10.5 5.5v-3h-8v8h3'],
  done: ['M3 8.5 6.5 12 13 4.5'],
  pause: ['M5.5 3.5v9', 'M10.5 3.5v9'],
  play: ['M5 3l8 5-8 5z'],
  filter: ['M2 3.5h12', 'M4.5 8h7', 'M6.5 12.5h3'],
  warning: ['M8 2 14.5 13.5h-13z', 'M8 6.5v3', 'M8 11.5h.01'],
  offline: [
    'M2 2l12 12',
    'M5 5.2A4 4 0 0 0 5.2 10.8',
    'M3 3a7 7 0 0 0 0 10',
    'M10.9 5.3a4 4 0 0 1 .7 4.1',
    'M13 3a7 7 0 0 1 .9 8.6',
  ],
  locked: ['M3.5 7h9v6.5h-9z', 'M5.5 7V5a2.5 2.5 0 0 1 5 0v2'],
  empty: ['M2 9.5 4 3h8l2 6.5V13H2z', 'M2 9.5h3.5l1 1.5h3l1-1.5H14'],
  download: ['M8 2.5v7.5', 'M4.8 7 8 10.2 11.2 7', 'M2.5 13.5h11'],
  jump: ['M2.5 8h9', 'M8 4.5 11.5 8 8 11.5', 'M14 3v10'],
  up: ['M8 13V3', 'M4 7l4-4 4 4'],
  sink: ['M8 3v10', 'M4 9l4 4 4-4'],

  // Verdict states
  grounded: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M5.4 8.2 7.2 10l3.4-3.8'],
  ungrounded: ['M8 2.2 14.2 13H1.8z', 'M8 6.4v3', 'M8 11.2h.01'],
  contradicted: ['M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4z', 'M6 6l4 4', 'M10 6l-4 4'],
  unverifiable: [
    'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z',
    'M6.3 6.4a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.8.6-.8 1.1',
    'M8 11.3h.01',
  ],
  not_checked: [
    'M2 2l12 12',
    'M6.2 6.3a2.4 2.4 0 0 0 3.4 3.4',
    'M4.2 4.5C2.8 5.4 1.8 6.7 1.3 8c1 2.5 3.5 4.5 6.7 4.5 1.2 0 2.3-.3 3.2-.8',
    'M6.7 3.6c.4-.1.9-.1 1.3-.1 3.2 0 5.7 2 6.7 4.5-.3.7-.7 1.4-1.3 2',
  ],

  // Span kinds
  contradiction: ['M3.5 6h9', 'M3.5 10h9', 'M10.5 3 5.5 13'],
  wrong_number: ['M6.3 2.5 4.9 13.5', 'M11.1 2.5 9.7 13.5', 'M3 6h10.5', 'M2.5 10H13'],
  fabricated_reference: [
    'M6.5 4.5 8 3a3.2 3.2 0 0 1 4.5 4.5L11 9',
    'M9.5 11.5 8 13a3.2 3.2 0 0 1-4.5-4.5L5 7',
    'M3 3l10 10',
  ],
  unknown_entity: [
    'M6.5 8a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4z',
    'M2 13.5c.3-2.5 2.2-4 4.5-4 .8 0 1.5.2 2.2.5',
    'M11 9.2a1.5 1.5 0 1 1 2 1.4c-.4.2-.6.5-.6.9',
    'M12.4 13.5h.01',
  ],
  unsupported: ['M3 5.5h10', 'M5 5.5V10', 'M11 5.5V8', 'M3.5 13l3-3', 'M6.5 13l-3-3', 'M9.5 13l3-3', 'M12.5 13l-3-3'],
  tool_call: [
    'M6 2.8C4.5 2.8 4 3.4 4 4.6v1.6C4 7.2 3.5 8 2.5 8c1 0 1.5.8 1.5 1.8v1.6c0 1.2.5 1.8 2 1.8',
    'M10 2.8c1.5 0 2 .6 2 1.8v1.6c0 1 .5 1.8 1.5 1.8-1 0-1.5.8-1.5 1.8v1.6c0 1.2-.5 1.8-2 1.8',
  ],
  low_confidence: ['M1.5 8c1.6-3.5 3.3-3.5 4.5-1.2s2.6 3.4 4 1.2 2.7-1.6 4.5 0'],

  // Actions
  observe: [
    'M1.3 8C2.3 5.5 4.8 3.5 8 3.5S13.7 5.5 14.7 8c-1 2.5-3.5 4.5-6.7 4.5S2.3 10.5 1.3 8z',
    'M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  ],
  annotate: ['M2.5 2.5h5.3l5.7 5.7-5.3 5.3-5.7-5.7z', 'M5.5 5.5h.01'],
  redact: ['M2.5 4h11', 'M2.5 12h6', 'M2.8 7h10.4v2H2.8z'],
  block: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M3.8 3.8l8.4 8.4'],
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: extra }: { name: IconName; class?: string | undefined }) {
  return (
    <svg class={extra ? `icon ${extra}` : 'icon'} viewBox="0 0 16 16" aria-hidden="true">
      {PATHS[name].map(path => (
        <path key={path} d={path} />
      ))}
    </svg>
  );
}

/** The mark: lines of an answer, one of them under suspicion. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#15202b" />
      <g stroke-linecap="round" stroke-width="2.6" fill="none">
        <path d="M8 10h16M8 16h6M8 23h11" stroke="#8fa3b8" />
        <path d="M17 16h7" stroke="#ff8a5c" />
        <path d="M17 19.6h7" stroke="#ff8a5c" stroke-width="1.6" />
      </g>
    </svg>
  );
}
