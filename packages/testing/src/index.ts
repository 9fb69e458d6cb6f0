export { type ExpectedOutcome, type ExpectedRefusal, givenFor, UnexpectedDecisionError } from './given.ts';
export { defaultFrictions, type Frictions } from './simulation/buying.ts';
export { actionPath, type SimulatedAction, type SimulatedFact } from './simulation/facts.ts';
export {
  type BuyingModel,
  cdnowBuying,
  cdnowSpend,
  expectedRepeats,
  expectedSpend,
  livelyBuying,
  type SpendModel,
} from './simulation/habits.ts';
export { defaultShops, type Shop } from './simulation/shop.ts';
export { type SimulationOptions, simulate } from './simulation/simulate.ts';
export { type PurchaseSimulationOptions, simulatePurchases } from './simulation/simulate-purchases.ts';
