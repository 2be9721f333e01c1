import 'uplot/dist/uPlot.min.css';
import './style/tokens.css';
import './style/base.css';
import './style/shell.css';
import './style/panel.css';
import './style/overview.css';
import './style/metrics.css';

import { render } from 'preact';

import { systemClock } from '../lib/clock.ts';
import { createAlertApi } from './api/alert-client.ts';
import { createApi, createAsk } from './api/client.ts';
import { createLogApi } from './api/log-client.ts';
import { createTimeFormat } from './format/time.ts';
import { App } from './shell/app.tsx';
import { createAddress } from './state/address.ts';
import { follow } from './state/follow.ts';
import { PageContext, createPage } from './state/page.ts';
import { createThemeSwitch } from './state/theme.ts';
import { followServerClock } from './time/server-clock.ts';

const server = followServerClock((url, init) => fetch(url, init), systemClock);
const ask = createAsk(server.fetch, document.baseURI);
const page = createPage({
  api: createApi(ask),
  logs: createLogApi(ask, document.baseURI),
  alerts: createAlertApi(ask),
  address: createAddress(window),
  theme: createThemeSwitch(
    document.documentElement,
    localStorage,
    matchMedia('(prefers-color-scheme: dark)'),
  ),
  times: createTimeFormat(),
  nowSeconds: server.nowSeconds,
});

render(
  <PageContext.Provider value={page}>
    <App />
  </PageContext.Provider>,
  document.getElementById('app') as HTMLElement,
);
void follow(page, document, systemClock, new AbortController().signal);
