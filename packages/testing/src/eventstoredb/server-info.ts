import { randomUUID } from 'node:crypto';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { uuid } from './recorded-event.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const VERSION = '24.10.0';
const STREAMS = 'event_store.client.streams.streams';
const LEADER = 8;
const FOLLOWER = 6;

/** What the server can do: clients use BatchAppend only where it is named. */
export function supportedMethods(batchAppend: boolean): features.SupportedMethods {
  const message = new features.SupportedMethods();
  message.setEventStoreServerVersion(VERSION);
  for (const name of ['read', 'append', 'delete', 'tombstone', ...(batchAppend ? ['batchappend'] : [])]) {
    const method = new features.SupportedMethod();
    method.setServiceName(STREAMS);
    method.setMethodName(name);
    method.setFeaturesList(name === 'read' ? ['position', 'events'] : []);
    message.addMethods(method);
  }
  return message;
}

/** The cluster as this node sees it: itself, and the leader if that is another. */
export function clusterInfo(self: Endpoint, leader: Endpoint | undefined, now: number): gossip.ClusterInfo {
  const message = new gossip.ClusterInfo();
  message.addMembers(member(self, leader ? FOLLOWER : LEADER, now));
  if (leader) message.addMembers(member(leader, LEADER, now));
  return message;
}

function member(endpoint: Endpoint, state: typeof LEADER | typeof FOLLOWER, now: number): gossip.MemberInfo {
  const http = new gossip.EndPoint();
  http.setAddress(endpoint.address);
  http.setPort(endpoint.port);
  const message = new gossip.MemberInfo();
  message.setInstanceId(uuid(randomUUID()));
  message.setTimeStamp(String(now * 10_000));
  message.setState(state);
  message.setIsAlive(true);
  message.setHttpEndPoint(http);
  return message;
}
