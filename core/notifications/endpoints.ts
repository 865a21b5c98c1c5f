import type { App, Directory, Endpoint } from '../access/directory.ts';
import type { Clock } from '../clock.ts';

/** Where notifications may go and what signs them: all that this folder knows of merchants. */
export interface Endpoints {
  /** The app, switched off or not: what happened to its payments is told all the same. */
  app(id: string): Pick<App, 'livemode' | 'notifyUrl'> | undefined;
  /** The endpoints that are to receive events of this type now. */
  forEvent(appId: string, type: string): readonly Pick<Endpoint, 'id' | 'url'>[];
  /** The endpoints of the app that are switched on, whatever their types. */
  enabledOf(appId: string): readonly string[];
  /** The secrets that sign for an endpoint, or for a `notify_url` when it is null; null when that is unknown or switched off. */
  secretsOf(appId: string, endpointId: string | null): readonly string[] | null;
}

/** A narrow view over the directory. */
export function createEndpoints(directory: Pick<Directory, 'app' | 'endpointsOf'>, clock: Pick<Clock, 'now'>): Endpoints {
  const enabled = (appId: string) => directory.endpointsOf(appId).filter(({ status }) => status === 'enabled');
  return {
    app: (id) => directory.app(id),
    forEvent: (appId, type) => enabled(appId).filter(({ types }) => types.length === 0 || types.includes(type)),
    enabledOf: (appId) => enabled(appId).map(({ id }) => id),
    secretsOf(appId, endpointId) {
      const app = directory.app(appId);
      if (app === undefined) return null;
      if (endpointId === null) return app.notificationSecrets(clock.now());
      return (
        enabled(appId)
          .find(({ id }) => id === endpointId)
          ?.secrets(clock.now()) ?? null
      );
    },
  };
}
