// The health check of a MongoDB that is a replica set of one, run by mongosh in its container: makes it one the first
// time, under the name by which the services reach it, and fails until it takes writes.
try {
  rs.status();
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: 'mongodb:27017' }] });
}
if (!db.hello().isWritablePrimary) quit(1);
