"""ConfigurableResources: settings made injectable."""
