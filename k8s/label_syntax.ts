/**
 * What is well-formed as a label's key and value.
 *
 * Source: Kubernetes "Labels and Selectors", apimachinery's IsQualifiedName and IsValidLabelValue.
 * Shape: text in, null or what is wrong with it out.
 *
 * @module
 */

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME_LENGTH = 63;
const MAX_SUBDOMAIN_LENGTH = 253;

/** What is wrong with a label key, "[prefix/]name"; null when nothing is. */
export function labelKeyProblem(key: string): string | null {
  if (key === "") return "a label key must not be empty";
  const slash = key.indexOf("/");
  const [prefix, name] = slash < 0 ? [null, key] : [key.slice(0, slash), key.slice(slash + 1)];
  if (prefix !== null && (prefix.length > MAX_SUBDOMAIN_LENGTH || !DNS_SUBDOMAIN.test(prefix))) {
    return `label key "${key}": the part before the slash must be a lower-case DNS name of at most 253 characters`;
  }
  return isName(name) ? null : `label key "${key}": ${NAME_RULE}`;
}

/** What is wrong with a label value; null when nothing is. The empty value is well-formed. */
export function labelValueProblem(value: string): string | null {
  return value === "" || isName(value) ? null : `label value "${value}": ${NAME_RULE}`;
}

const NAME_RULE = 'at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit';

function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}
