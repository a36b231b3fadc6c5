"""The operator's choices that rules read, taken from the settings."""

from broker.config.settings import Settings
from broker.config.values import read_scope_timeouts
from broker.core.placement.model import Rules
from broker.core.policy import Policy
from broker.core.sparse import MultiplierRule


def policy_of(settings: Settings) -> Policy:
    """The policy that these settings describe."""
    return Policy(
        cloud_domain=settings.cloud_domain,
        allow_alias_in_cloud_domain=settings.allow_alias_in_domain,
        blacklisted_words=settings.blacklisted_words,
        longest_names=settings.limit_app_name_chars,
        allow_ha=settings.allow_ha_applications,
        default_user_ha=settings.default_allow_ha,
        manage_ha_dns=settings.manage_ha_dns,
        router_hostname=settings.router_hostname,
        ha_dns_prefix=settings.ha_dns_prefix,
        ha_dns_suffix=settings.ha_dns_suffix,
        default_ha_multiplier=settings.default_ha_multiplier,
        multiplier_rule=MultiplierRule(settings.ha_multiplier_rule),
        gear_ratio=settings.haproxy_gear_ratio,
        valid_gear_sizes=settings.valid_gear_sizes,
        default_gear_size=settings.default_gear_size,
        cartridge_gear_sizes=dict(settings.cartridge_gear_sizes),
        download_cartridges=settings.download_cartridges,
        default_user_gear_sizes=settings.default_gear_capabilities,
        default_max_namespaces=settings.default_max_domains,
        default_max_gears=settings.default_max_gears,
        default_max_teams=settings.default_max_teams,
        scope_lifetimes=read_scope_timeouts(settings.auth_scope_timeouts),
        ssh_key_types=settings.valid_ssh_key_types,
        default_region=settings.default_region_name or None,
        allow_region_selection=settings.allow_region_selection,
        advertise_https=settings.advertise_https,
        placement=Rules(
            zones_required=settings.zones_require_for_app_create,
            minimum_zones=settings.zones_min_per_gear_group,
            allow_multiple_proxies_on_node=settings.allow_multiple_haproxy_on_node,
            profile_enabled=settings.node_profile_enabled,
        ),
        placement_policy=settings.placement_policy,
        drain_seconds=settings.drain_seconds,
        command_deadline_seconds=settings.command_deadline_seconds,
        application_wait_seconds=settings.application_wait_seconds,
    )
