export type { ExpectedOutcome, ExpectedRefusal } from './given.ts';
export type { Frictions } from './simulation/buying.ts';
export { actionPath, type SimulatedAction, type SimulatedFact } from './simulation/facts.ts';
export type {
  BuyingModel,
  SpendModel,
} from './simulation/habits.ts';
export type { Shop } from './simulation/shop.ts';
export { type SimulationOptions, simulate } from './simulation/simulate.ts';
export { type PurchaseSimulationOptions, simulatePurchases } from './simulation/simulate-purchases.ts';
