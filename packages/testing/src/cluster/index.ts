export {
  apiServices,
  type Cluster,
  type ClusterOptions,
  type ClusterService,
  type EngineServers,
  engineEnv,
  startCluster,
} from './start-cluster.ts';
