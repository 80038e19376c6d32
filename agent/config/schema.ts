import { type Collector, heartbeatSecrets, type Properties, type Schema, type Sink } from '../model/index.ts'
import {
  collectorProperties,
  generalProperties,
  heartbeatProperties,
  kubernetesProperties,
  maintenanceProperties,
  quietProperties,
  sinkProperties,
} from './keys.ts'

/** Suffixes of keys that give a secret in other ways than by writing it into the file. */
export const secretForms = {
  _file: 'the path of a file that holds it',
  _credential: 'the name of a systemd credential (LoadCredential=) that holds it',
} as const

/** The schema with every secret also in its `_file` and `_credential` form; other keys unchanged. */
export function withSecretForms(properties: Properties): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]): [string, Schema][] => [
      [key, schema],
      ...(schema.type === 'string' && schema.secret
        ? Object.entries(secretForms).map(([form, words]): [string, Schema] => [
            key + form,
            { type: 'string', description: `${schema.description} Given as ${words}.` },
          ])
        : []),
    ]),
  )
}

const object = (properties: object, more: object = {}) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
})

/** A key that gives a secret in another way than by itself. */
export const formPattern = new RegExp(`(?:${Object.keys(secretForms).join('|')})$`)

/** The keys of an entry that name secrets without being one, beside those that are settings by themselves. */
export const formsIn = (own: Record<string, unknown>, settings: Properties): Record<string, string> =>
  Object.fromEntries(
    Object.entries(own).filter(
      (it): it is [string, string] =>
        typeof it[1] === 'string' && formPattern.test(it[0]) && !(it[0] in settings),
    ),
  )

/** What one entry of `sinks` may hold. */
export const sinkSchema = (it: Sink) =>
  object(
    {
      type: { const: it.name, description: `Notifies by ${it.name}.` },
      ...sinkProperties,
      ...withSecretForms(it.settings),
    },
    { required: ['type'] },
  )

/** What one entry of `heartbeats` may hold. */
export const heartbeatSchema = object({ ...heartbeatProperties, ...withSecretForms(heartbeatSecrets) })

/** What one entry of `quiet` and of `maintenance` may hold. */
export const quietSchema = object(quietProperties, { required: ['from', 'to'] })
export const maintenanceSchema = object(maintenanceProperties, { required: ['from', 'to'] })

/** The whole file except what is in the entries of `sinks`, `heartbeats`, `quiet` and `maintenance`. */
export const generalSchema = (collectors: readonly Collector[]) =>
  object({
    ...generalProperties,
    collectors: object(
      Object.fromEntries(
        collectors.map((it) => [
          it.name,
          object({ ...collectorProperties(it), ...it.settings }, { description: it.title }),
        ]),
      ),
    ),
    kubernetes: object(kubernetesProperties, {
      description: "What Murphy writes to Kubernetes, by the kubelet's own credential; nothing without it.",
    }),
    sinks: { type: 'array', items: { type: 'object' } },
    heartbeats: { type: 'array', items: { type: 'object' } },
    quiet: { type: 'array', items: { type: 'object' } },
    maintenance: { type: 'array', items: { type: 'object' } },
  })

/** JSON Schema of the settings file, for editors (`agent config schema`). */
export function jsonSchema(collectors: readonly Collector[], sinks: readonly Sink[]): object {
  const schema = generalSchema(collectors)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Murphy, /etc/murphy/config.yaml',
    ...schema,
    properties: {
      ...schema.properties,
      sinks: {
        type: 'array',
        description: 'Where notifications go.',
        items: { oneOf: sinks.map(sinkSchema) },
      },
      heartbeats: {
        type: 'array',
        description: 'Who is to hear regularly that Murphy works, and raises the alarm otherwise.',
        items: heartbeatSchema,
      },
      quiet: {
        type: 'array',
        description:
          'Hours in which only what is grave is sent; the rest is sent at their end, as one message.',
        items: quietSchema,
      },
      maintenance: {
        type: 'array',
        description: 'Times in which nothing that matches is sent, as somebody works there.',
        items: maintenanceSchema,
      },
    },
  }
}
