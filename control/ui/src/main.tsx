/** Starts the page. */

import { render } from 'preact';
import { App } from './app';
import { startClock } from './state/clock';
import { startHotkeys } from './state/hotkeys';
import { startPrefs } from './state/prefs';
import { startRouter } from './state/router';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/data.css';
import './styles/overview.css';
import './styles/verdicts.css';
import './styles/verdict.css';
import './styles/live.css';
import './styles/golden.css';
import './styles/print.css';

startPrefs();
startRouter();
startHotkeys();
startClock();

const root = document.getElementById('app');
if (root) render(<App />, root);
