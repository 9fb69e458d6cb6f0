import { type Business, type Customer, dayMs, hourMs, mood, nextId } from './business.ts';
import type { Purchase } from './buying.ts';
import type { SimulatedAction } from './facts.ts';

const desk = 'service-desk';
const causes = [
  { cause: 'packaging', responsibleDepartment: 'logistics', content: 'It arrived broken.' },
  { cause: 'delay', responsibleDepartment: 'logistics', content: 'It came two weeks late.' },
  { cause: 'fault', responsibleDepartment: 'quality', content: 'It stopped working after a day.' },
  { cause: 'invoice', responsibleDepartment: 'sales', content: 'You charged me twice.' },
] as const;

type Step = Extract<SimulatedAction, { of: 'complaint' }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'of' | 'source' | 'id'> : never;

/**
 * A customer complains, and the desk goes through the process: acknowledge, assign, analyse, resolve, follow up, close; one
 * in six was not solved and is reopened once; one in twenty is forgotten. A grievance weighs on what the customer answers
 * from the complaint on, and hardly any more once it is solved.
 */
export function complain(business: Business, customer: Customer, purchase: Purchase): void {
  const { random } = customer;
  const id = nextId(customer, 'k');
  const weight = 0.25 + 0.25 * random.uniform();
  const { content, ...analysis } = random.pick(causes);
  const step = (part: WithoutId<Step>) => business.send({ kind: 'action', of: 'complaint', source: desk, id, ...part });
  const when = () => ({ occurredAt: business.instant });

  const followUp = (isLast: boolean) => {
    const isSolved = isLast || random.chance(5 / 6);
    if (isSolved) customer.grievance -= 0.8 * weight;
    const satisfaction = 1 + Math.round(4 * mood(customer));
    step({ action: 'follow-up', body: { ...when(), solved: isSolved, satisfaction } });
    if (isSolved) {
      business.atWorkAfter(random.exponential(hourMs), () => step({ action: 'close', body: when() }));
      return;
    }
    business.atWorkAfter(random.exponential(dayMs), () => {
      step({ action: 'reopen', body: { ...when(), reason: 'It happened again.' } });
      business.atWorkAfter(random.gamma(2, 1 / dayMs), () => resolve(true));
    });
  };
  const resolve = (isLast: boolean) => {
    step({ action: 'resolve', body: { ...when(), solution: 'A new one was sent, and a voucher with it.' } });
    business.atWorkAfter(3 * dayMs + random.exponential(2 * dayMs), () => followUp(isLast));
  };
  const analyse = () => {
    step({ action: 'analyse', body: { ...when(), ...analysis } });
    business.atWorkAfter(random.gamma(2, 0.7 / dayMs), () => resolve(false));
  };
  const assign = () => {
    const assignee = `agent-${1 + random.below(12)}`;
    step({ action: 'assign', body: { ...when(), department: analysis.responsibleDepartment, assignee } });
    business.atWorkAfter(random.exponential(dayMs), analyse);
  };

  customer.grievance += weight;
  const { orderId, shop, known } = purchase;
  business.send({
    kind: 'fact',
    line: {
      type: 'complaint',
      source: desk,
      complaintId: id,
      ...when(),
      customer: customer.key,
      channel: customer.channel,
      severity: random.weighted([
        ['low', 3],
        ['medium', 5],
        ['high', 2],
        ['critical', 0.3],
      ] as const),
      content,
      ...(known && shop.channel !== 'store' ? { orderId } : {}),
    },
  });
  if (random.chance(0.05)) return;
  business.atWorkAfter(random.exponential(3 * hourMs), () => {
    step({ action: 'acknowledge', body: when() });
    business.atWorkAfter(random.exponential(4 * hourMs), assign);
  });
}
