"""The ticket dispenser's own process. It works alone when the hub is away."""
