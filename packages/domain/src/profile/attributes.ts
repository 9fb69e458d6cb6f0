import { type AttributeValue, type attributeCategory, channel } from '@tenure/contracts';
import { type AttributeType, valueFault } from './attribute-type.ts';

export type AttributeCategory = (typeof attributeCategory.options)[number];

/** What is known of an attribute before any customer has it. */
export interface AttributeDefinition {
  readonly name: string;
  readonly category: AttributeCategory;
  readonly title: { readonly en: string; readonly zh: string };
  readonly type: AttributeType;
  /** Whether values are sealed as personal data. */
  readonly personal: boolean;
}

const text = (maxLength: number): AttributeType => ({ kind: 'text', maxLength });
const choice = (...of: readonly string[]): AttributeType => ({ kind: 'choice', of });
const integer = (from: number, to: number): AttributeType => ({ kind: 'integer', from, to });

function define(
  category: AttributeCategory,
  name: string,
  en: string,
  zh: string,
  type: AttributeType,
  personal: 'personal' | 'open',
): AttributeDefinition {
  return { name, category, title: { en, zh }, type, personal: personal === 'personal' };
}

/** The seven categories, 七大类, and what a customer can have in each. */
const definitions: readonly AttributeDefinition[] = [
  define('basic', 'givenName', 'Given name', '名', text(100), 'personal'),
  define('basic', 'familyName', 'Family name', '姓', text(100), 'personal'),
  define('basic', 'organisationName', 'Name of the organisation', '组织名称', text(200), 'personal'),
  define('basic', 'birthDate', 'Date of birth', '出生日期', { kind: 'date' }, 'personal'),
  define('basic', 'gender', 'Gender', '性别', choice('female', 'male', 'other'), 'personal'),
  define('basic', 'occupation', 'Occupation', '职业', text(100), 'personal'),
  define('basic', 'industry', 'Industry', '行业', text(100), 'open'),
  define('contact', 'country', 'Country', '国家', { kind: 'country' }, 'open'),
  define('contact', 'region', 'Province or region', '省份或地区', text(100), 'open'),
  define('contact', 'city', 'City', '城市', text(100), 'personal'),
  define('contact', 'language', 'Language to be addressed in', '沟通语言', { kind: 'language' }, 'open'),
  define('contact', 'timeZone', 'Time zone', '时区', { kind: 'time-zone' }, 'open'),
  define('contact', 'preferredChannel', 'Preferred channel', '首选渠道', choice(...channel.options), 'open'),
  define('status', 'maritalStatus', 'Marital status', '婚姻状况', choice('single', 'married', 'other'), 'personal'),
  define('status', 'householdSize', 'People in the household', '家庭人数', integer(1, 50), 'personal'),
  define('status', 'incomeBand', 'Income', '收入水平', choice('low', 'middle', 'high'), 'personal'),
  define('status', 'employees', 'Number of employees', '员工人数', integer(1, 10_000_000), 'open'),
  define('account', 'memberNumber', 'Member number', '会员号', text(50), 'personal'),
  define('account', 'taxNumber', 'Tax number', '税号', text(50), 'personal'),
  define('account', 'memberSince', 'Member since', '入会日期', { kind: 'date' }, 'open'),
  define(
    'account',
    'paymentTerms',
    'Payment terms',
    '付款条件',
    choice('prepaid', 'on-delivery', 'on-account'),
    'open',
  ),
  define('behaviour', 'interests', 'Interests', '兴趣爱好', text(500), 'personal'),
  define('behaviour', 'favouriteCategory', 'Favourite product category', '偏好品类', text(200), 'open'),
  define('behaviour', 'priceSensitivity', 'Price sensitivity', '价格敏感度', choice('low', 'middle', 'high'), 'open'),
  define('behaviour', 'foundBy', 'How they found us', '获客途径', text(200), 'open'),
  define('service', 'serviceLevel', 'Service level', '服务等级', choice('standard', 'priority', 'dedicated'), 'open'),
  define('service', 'needs', 'Needs', '客户需求', text(1000), 'personal'),
  define('service', 'newsletter', 'Wants the newsletter', '订阅通讯', { kind: 'boolean' }, 'open'),
  define('extension', 'competitors', 'Competitors they also buy from', '竞争对手', text(500), 'open'),
  define('extension', 'opinionLeader', 'Opinion leader', '意见领袖', { kind: 'boolean' }, 'open'),
];

/** The registry of attributes, by name. Names that begin with `x-` are not in it: anybody may use them. */
export const attributeRegistry: ReadonlyMap<string, AttributeDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition]),
);

const extensionName = /^x-[A-Za-z0-9][A-Za-z0-9-]{0,60}$/;

export function isExtension(name: string): boolean {
  return extensionName.test(name);
}

/** What is known of an attribute; an extension `x-...` is a free text, and personal, as nobody has said otherwise. */
export function attributeOf(name: string): AttributeDefinition | undefined {
  if (!isExtension(name)) return attributeRegistry.get(name);
  return { name, category: 'extension', title: { en: name, zh: name }, type: text(2000), personal: true };
}

/** What is wrong with a value of an attribute; undefined if nothing is. Null, which takes a value away, always fits. */
export function attributeFault(definition: AttributeDefinition, value: AttributeValue | null): string | undefined {
  return value === null ? undefined : valueFault(definition.type, value);
}
