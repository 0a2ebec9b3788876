"""Services and actions that the user declares although AWS's data does not list them, such as those in preview."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Previews:
    """What is declared, in any case: actions as `service:Name`, services by their prefix."""

    actions: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    def has_action(self, action: str) -> bool:
        """Whether the action or its whole service is declared."""
        action = action.lower()
        return action in _lower(self.actions) or action.partition(":")[0] in _lower(self.services)

    def has_service(self, service: str) -> bool:
        """Whether the service or one of its actions is declared."""
        service = service.lower()
        return service in _lower(self.services) or any(a.startswith(f"{service}:") for a in _lower(self.actions))


NONE = Previews()


def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
