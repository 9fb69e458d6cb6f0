import { service as analytics } from '@tenure/analytics';
import { service as audit } from '@tenure/audit';
import { service as complaint } from '@tenure/complaint';
import { service as interaction } from '@tenure/interaction';
import { service as loyalty } from '@tenure/loyalty';
import { service as profile } from '@tenure/profile';
import type { Service } from '@tenure/runtime';

/** All services there are. */
export const services: readonly Service[] = [profile, interaction, complaint, loyalty, analytics, audit];
