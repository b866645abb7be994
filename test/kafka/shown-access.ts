import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';

const text = readFileSync(join(import.meta.dirname, '../../deploy/kafka/README.md'), 'utf8');

/** One access rule, as `kafka-acls.sh --add` of deploy/kafka/README.md makes it. */
export interface AccessRule {
  readonly user: string;
  readonly operation: keyof typeof operations;
  readonly resource: keyof typeof resources;
  readonly name: string;
  readonly prefixed: boolean;
}

const operations = {
  Read: kafkajs.AclOperationTypes.READ,
  Write: kafkajs.AclOperationTypes.WRITE,
  Create: kafkajs.AclOperationTypes.CREATE,
  Describe: kafkajs.AclOperationTypes.DESCRIBE,
  DescribeConfigs: kafkajs.AclOperationTypes.DESCRIBE_CONFIGS,
} as const;

const resources = { topic: kafkajs.AclResourceTypes.TOPIC, group: kafkajs.AclResourceTypes.GROUP } as const;

/** The rules that the page's commands make, in its order. */
export function shownRules(): AccessRule[] {
  const commands = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.startsWith('kafka-acls.sh '));
  return commands.flatMap((command) => {
    const values = (flag: string): string[] =>
      [...command.matchAll(new RegExp(`--${flag} (\\S+)`, 'g'))].map((found) => found[1] as string);
    const user = (values('allow-principal')[0] ?? '').replace(/^User:/, '');
    const prefixed = values('resource-pattern-type')[0] === 'prefixed';
    return (['topic', 'group'] as const).flatMap((resource) =>
      values(resource).flatMap((name) =>
        values('operation').map((operation) => ({
          user,
          operation: operation as AccessRule['operation'],
          resource,
          name,
          prefixed,
        })),
      ),
    );
  });
}

/** The rule in a few words. */
export function ruleText({ user, operation, resource, name }: AccessRule): string {
  return `${user}: ${operation} ${resource} ${name}`;
}

/** The rule in the admin client's words. */
export function aclOf({ user, operation, resource, name, prefixed }: AccessRule): kafkajs.AclEntry {
  return {
    resourceType: resources[resource],
    resourceName: name,
    resourcePatternType: prefixed ? kafkajs.ResourcePatternTypes.PREFIXED : kafkajs.ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: operations[operation],
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  };
}

/** The page's first block in a language ('': none). */
export function shownBlock(language: 'properties' | 'yaml' | ''): string {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)];
  return blocks.find((block) => block[1] === language)?.[2] ?? '';
}
