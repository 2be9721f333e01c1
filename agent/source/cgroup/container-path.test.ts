import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseContainerPath } from './container-path.ts';

const ID = '55157703da5b9656ee4bf886185f57ee479830ec91f234f2fe64dd2d61172c9e';
const UID = '80a55387-15cd-4082-8791-7f75a46dd5da';
const SYSTEMD_UID = UID.replaceAll('-', '_');
const STATIC_UID = '0123456789abcdef0123456789abcdef';
const nothing = { containerId: '', podUid: '', runtime: '', qos: '' };

test.each([
  ['/', nothing],
  ['', nothing],
  ['/system.slice/ssh.service', nothing],
  ['/kubepods', nothing],
  ['/kubepods.slice/kubepods-burstable.slice', nothing],
  // The cgroupfs driver.
  [`/kubepods/burstable/pod${UID}`, { ...nothing, podUid: UID, qos: 'burstable' }],
  [`/kubepods/besteffort/pod${UID}/${ID}`, { ...nothing, containerId: ID, podUid: UID, qos: 'besteffort' }],
  [`/kubepods/pod${UID}/${ID}`, { ...nothing, containerId: ID, podUid: UID, qos: 'guaranteed' }],
  [
    `/kubepods/pod${STATIC_UID}/${ID}`,
    { ...nothing, containerId: ID, podUid: STATIC_UID, qos: 'guaranteed' },
  ],
  // The systemd driver.
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SYSTEMD_UID}.slice`,
    { ...nothing, podUid: UID, qos: 'burstable' },
  ],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SYSTEMD_UID}.slice/cri-containerd-${ID}.scope`,
    { containerId: ID, podUid: UID, runtime: 'containerd', qos: 'burstable' },
  ],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SYSTEMD_UID}.slice/crio-${ID}.scope`,
    { containerId: ID, podUid: UID, runtime: 'crio', qos: 'besteffort' },
  ],
  [
    `/kubepods.slice/kubepods-pod${SYSTEMD_UID}.slice/docker-${ID}.scope`,
    { containerId: ID, podUid: UID, runtime: 'docker', qos: 'guaranteed' },
  ],
  // A kubelet in a cgroup of its own, as kind has it.
  [
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${SYSTEMD_UID}.slice/cri-containerd-${ID}.scope`,
    { containerId: ID, podUid: UID, runtime: 'containerd', qos: 'guaranteed' },
  ],
  [
    `/kubelet/kubepods/burstable/pod${UID}/${ID}`,
    { ...nothing, containerId: ID, podUid: UID, qos: 'burstable' },
  ],
  // containerd told the systemd form while it runs with the cgroupfs driver.
  [
    `/system.slice/containerd.service/kubepods-burstable-pod${SYSTEMD_UID}.slice:cri-containerd:${ID}`,
    { containerId: ID, podUid: UID, runtime: 'containerd', qos: 'burstable' },
  ],
  // Without Kubernetes.
  [`/docker/${ID}`, { ...nothing, containerId: ID, runtime: 'docker' }],
  [`/system.slice/docker-${ID}.scope`, { ...nothing, containerId: ID, runtime: 'docker' }],
  [`/machine.slice/libpod-${ID}.scope`, { ...nothing, containerId: ID, runtime: 'podman' }],
  // Beside and inside of containers.
  [`/machine.slice/libpod-conmon-${ID}.scope`, nothing],
  [`/kubepods.slice/kubepods-pod${SYSTEMD_UID}.slice/crio-conmon-${ID}.scope`, nothing],
  [`/docker/${ID}/init.scope`, nothing],
  [`/docker/${ID.slice(1)}`, nothing],
])('%s', (path, expected) => {
  expect(parseContainerPath(path)).toEqual(expected);
});

test('any path is read', () => {
  fc.assert(
    fc.property(fc.string(), (path) => typeof parseContainerPath(`/${path}`).containerId === 'string'),
  );
});
