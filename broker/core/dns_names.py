"""The names under which applications and gears are found."""


def app_dns_name(name: str, namespace: str, cloud_domain: str) -> str:
    """The application's own name, which is its head gear's."""
    return f"{name}-{namespace}.{cloud_domain}".lower()


def gear_dns_name(gear_name: str, namespace: str, cloud_domain: str) -> str:
    """The name of a gear; a head gear is named as its application."""
    return app_dns_name(gear_name, namespace, cloud_domain)


def ha_dns_name(prefix: str, app: str, namespace: str, suffix: str, cloud_domain: str) -> str:
    """The name of the application's entry at the routers, always lower-case so that names compare as text."""
    return f"{prefix}{app}-{namespace}{suffix}.{cloud_domain}".lower()
