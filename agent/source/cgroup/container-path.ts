/** What a cgroup's path says about the container or pod that it belongs to; '' where it says nothing. */
export interface ContainerPath {
  /** 64 hexadecimal digits; '' for a pod's own cgroup. */
  readonly containerId: string;
  /** In the API's form, `8c2f...-....`, or 32 hexadecimal digits for a static pod. */
  readonly podUid: string;
  readonly runtime: '' | 'docker' | 'containerd' | 'crio' | 'podman';
  readonly qos: '' | 'guaranteed' | 'burstable' | 'besteffort';
}

const RUNTIMES: Readonly<Record<string, ContainerPath['runtime']>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  crio: 'crio',
  libpod: 'podman',
};

const POD =
  /^(?:[a-z0-9-]+-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/;
const CONTAINER = /^(?:(docker|cri-containerd|crio|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/;

/**
 * Reads a cgroup path as runtimes lay it out:
 *
 *     /kubepods/burstable/pod<uid>/<id>                                                cgroupfs driver
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice/cri-containerd-<id>.scope
 *     /system.slice/containerd.service/kubepods-burstable-pod<uid>.slice:cri-containerd:<id>
 *     /docker/<id>, /system.slice/docker-<id>.scope, /machine.slice/libpod-<id>.scope  without Kubernetes
 *
 * The systemd driver writes `_` for `-` in uids. Cgroups inside a container (`.../<id>/init.scope`) and
 * CRI-O's `crio-conmon-<id>.scope` are neither a container nor a pod.
 */
export function parseContainerPath(path: string): ContainerPath {
  const parts = path.split('/').flatMap((part) => part.split(':'));
  const last = parts.at(-1) ?? '';
  const container = CONTAINER.exec(last);
  const podPart = container === null ? last : parts.findLast((part) => POD.test(part));
  const podUid = (POD.exec(podPart ?? '')?.[1] ?? '').replaceAll('_', '-');
  const containerId = container?.[2] ?? '';
  return {
    containerId,
    podUid,
    runtime: runtimeOf(parts, container),
    qos: podUid === '' ? '' : qosOf(parts),
  };
}

function runtimeOf(parts: readonly string[], container: RegExpExecArray | null): ContainerPath['runtime'] {
  if (container === null) return '';
  const prefix = container[1] ?? parts.at(-2) ?? '';
  return RUNTIMES[prefix] ?? '';
}

function qosOf(parts: readonly string[]): ContainerPath['qos'] {
  if (parts.some((part) => /^(?:[a-z0-9-]+-)?burstable(?:-pod.*)?(?:\.slice)?$/.test(part)))
    return 'burstable';
  if (parts.some((part) => /^(?:[a-z0-9-]+-)?besteffort(?:-pod.*)?(?:\.slice)?$/.test(part)))
    return 'besteffort';
  return 'guaranteed';
}
