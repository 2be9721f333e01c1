/** One pod of the made-up cluster: 50 series as cAdvisor, the Go client and an HTTP server show them. */
import { type Labels, labelsFrom } from '../../wire/labels.ts';
import { INTERVAL_MS, type Target, targetOf } from './dataset.ts';
import type { Random } from './random.ts';

const SECONDS = INTERVAL_MS / 1000;
const PAGE_BYTES = 4096;
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const CODES = ['200', '204', '304', '400', '404', '500'] as const;

/** How the values of a series go on from scrape to scrape. */
type Step = (last: number, pod: Pod, random: Random) => number;

interface Kind {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Who shows it: cAdvisor about the container, or the application itself. */
  readonly by: 'cadvisor' | 'application';
  readonly first: (pod: Pod, random: Random) => number;
  readonly step: Step;
}

const nothing = (): number => 0;
const stays: Step = (last) => last;
/** Nanoseconds of CPU, told in seconds. */
const cpu: Step = (last, pod, random) =>
  Math.round((last + SECONDS * pod.load * 0.3 * (0.7 + 0.6 * random.uniform())) * 1e9) / 1e9;
const bytesOf =
  (eachEvent: number): Step =>
  (last, pod, random) =>
    last + Math.round(pod.events * eachEvent * (0.8 + 0.4 * random.uniform()));
const rare =
  (perScrape: number): Step =>
  (last, _pod, random) =>
    last + random.count(perScrape);
const memory: Step = (last, pod, random) => {
  if (random.uniform() < 0.4) return last;
  const pages = Math.round(random.normal() * 60 + (pod.memoryPages - last / PAGE_BYTES) * 0.02);
  return Math.max(PAGE_BYTES, last + pages * PAGE_BYTES);
};
const heap: Step = (last, pod, random) =>
  random.uniform() < 0.2 ? pod.memoryPages * 1200 : last + 8 * random.count(pod.events * 40 + 50);
const small =
  (mean: number): Step =>
  (last, _pod, random) =>
    Math.max(0, last + Math.round((mean - last) * 0.2 + random.normal() * Math.sqrt(mean) * 0.4));
const someMemory = (pod: Pod, random: Random): number =>
  Math.round(pod.memoryPages * (0.8 + 0.4 * random.uniform())) * PAGE_BYTES;

const CADVISOR: readonly Kind[] = [
  cadvisor('container_cpu_usage_seconds_total', nothing, cpu),
  cadvisor('container_cpu_system_seconds_total', nothing, cpu),
  cadvisor('container_cpu_cfs_periods_total', nothing, rare(SECONDS * 9)),
  cadvisor('container_cpu_cfs_throttled_periods_total', nothing, rare(0.3)),
  cadvisor('container_memory_working_set_bytes', someMemory, memory),
  cadvisor('container_memory_rss', someMemory, memory),
  cadvisor('container_memory_cache', someMemory, memory),
  cadvisor('container_memory_usage_bytes', someMemory, memory),
  cadvisor('container_memory_failcnt', nothing, stays),
  cadvisor('container_spec_memory_limit_bytes', () => 2 ** 29, stays),
  cadvisor('container_spec_cpu_quota', () => 50_000, stays),
  cadvisor('container_start_time_seconds', (pod) => pod.startedSeconds, stays),
  cadvisor('container_network_receive_bytes_total', nothing, bytesOf(900)),
  cadvisor('container_network_transmit_bytes_total', nothing, bytesOf(4200)),
  cadvisor('container_network_receive_packets_total', nothing, bytesOf(6)),
  cadvisor('container_network_receive_errors_total', nothing, stays),
  cadvisor(
    'container_fs_writes_bytes_total',
    nothing,
    (last, _pod, random) => last + random.count(0.8) * PAGE_BYTES,
  ),
  cadvisor('container_threads', () => 14, small(14)),
  cadvisor('container_file_descriptors', () => 40, small(40)),
];

const APPLICATION: readonly Kind[] = [
  application('up', () => 1, stays),
  application(
    'scrape_duration_seconds',
    () => 0.01,
    (_last, _pod, random) => Math.round((0.004 + 0.02 * random.uniform() ** 3) * 1e9) / 1e9,
  ),
  application(
    'process_cpu_seconds_total',
    nothing,
    (last, pod, random) =>
      Math.round((last + SECONDS * pod.load * 0.3 * (0.7 + 0.6 * random.uniform())) * 100) / 100,
  ),
  application('process_resident_memory_bytes', someMemory, memory),
  application('process_start_time_seconds', (pod) => pod.startedSeconds + 0.37, stays),
  application('go_goroutines', () => 60, small(60)),
  application('go_memstats_heap_inuse_bytes', someMemory, heap),
  application('go_memstats_alloc_bytes_total', nothing, bytesOf(31_000)),
  application('go_gc_duration_seconds_count', nothing, rare(1.5)),
  application('http_requests_in_flight', () => 3, small(3)),
  application(
    'queue_saturation_ratio',
    () => 0.5,
    (last, _pod, random) => Math.min(1, Math.max(0, last + random.normal() * 0.03)),
  ),
];

/** From 200 down each code is rarer. */
const REQUESTS: readonly Kind[] = CODES.map((code, i) => ({
  ...application(
    'http_requests_total',
    nothing,
    (last, pod, random) => last + (i === 0 ? pod.events : random.count(pod.events * 0.08 ** i)),
  ),
  labels: { code, method: 'GET' },
}));

const BUCKETS: readonly Kind[] = BOUNDS.map((bound, i) => ({
  ...application(
    'http_request_duration_seconds_bucket',
    nothing,
    (last, pod) => last + (pod.below[i] as number),
  ),
  labels: { le: bound === Infinity ? '+Inf' : String(bound) },
}));

const KINDS: readonly Kind[] = [
  ...CADVISOR,
  ...APPLICATION,
  ...REQUESTS,
  ...BUCKETS,
  application('http_request_duration_seconds_sum', nothing, (last, pod) => last + pod.tookSeconds),
  application('http_request_duration_seconds_count', nothing, (last, pod) => last + pod.events),
];

export const SERIES_A_POD = KINDS.length;

export class Pod {
  readonly target: Target;
  readonly values: Float64Array;
  readonly startedSeconds: number;
  /** 0 idle to 1 busy; differs from pod to pod. */
  readonly load: number;
  readonly memoryPages: number;
  /** Requests since the scrape before, and of them those no slower than each bound. */
  events = 0;
  readonly below = new Float64Array(BOUNDS.length);
  tookSeconds = 0;

  constructor(number: number, startedMs: number, random: Random) {
    this.startedSeconds = startedMs / 1000;
    this.load = random.uniform() ** 3;
    this.memoryPages = 4000 + random.integer(40_000);
    this.target = targetOf(seriesOf(number, random));
    this.values = Float64Array.from(KINDS, ({ first }) => first(this, random));
  }

  /** Moves all values on by one scrape. */
  step(random: Random): void {
    this.#serve(random);
    for (let i = 0; i < KINDS.length; i++) {
      this.values[i] = (KINDS[i] as Kind).step(this.values[i] as number, this, random);
    }
  }

  /** Requests of this scrape: half of them within 20 ms or so, each next bound holds 60 % of what is left. */
  #serve(random: Random): void {
    this.events = random.count(this.load * 40 * SECONDS);
    let slower = this.events;
    this.tookSeconds = 0;
    for (const [i, bound] of BOUNDS.entries()) {
      const within =
        bound === Infinity ? slower : Math.min(slower, random.count(slower * (i < 2 ? 0.2 : 0.6)));
      slower -= within;
      this.tookSeconds += within * Math.min(bound, 12) * (0.4 + 0.5 * random.uniform());
      this.below[i] = this.events - slower;
    }
  }
}

function seriesOf(number: number, random: Random): Labels[] {
  const app = `service-${number % 40}`;
  const namespace = `team-${number % 12}`;
  const pod = `${app}-${random.word(10)}-${random.word(5)}`;
  const uid = [8, 4, 4, 4, 12].map((length) => random.word(length)).join('-');
  const common = { namespace, pod, container: app };
  const sources = {
    cadvisor: {
      ...common,
      id: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${random.word(64)}.scope`,
      image: `registry.example.com/${namespace}/${app}:1.${number % 7}.2`,
      instance: `10.0.0.${number % 200}:10250`,
      job: 'kubelet',
      node: `node-${number % 200}`,
    },
    application: {
      ...common,
      endpoint: 'http-metrics',
      instance: `10.${1 + random.integer(100)}.${random.integer(256)}.${random.integer(256)}:8080`,
      job: `${namespace}/${app}`,
      node: `node-${number % 200}`,
      service: app,
    },
  };
  return KINDS.map(({ name, by, labels }) => labelsFrom({ __name__: name, ...sources[by], ...labels }));
}

function cadvisor(name: string, first: Kind['first'], step: Step): Kind {
  return { name, by: 'cadvisor', first, step };
}

function application(name: string, first: Kind['first'], step: Step): Kind {
  return { name, by: 'application', first, step };
}
